// A record being made. It has its Id before it is sent, so that sending it again after a lost answer makes no second one.
import { freshId, host, type RecordView, toHostError } from '../ipc';

export class Addition {
  readonly id = freshId();
  /** What was sent and never answered: the server may have it. */
  #unanswered: RecordView | null = null;

  /** Makes the record; what was typed since an attempt that arrived after all is an edit of it. */
  async save(set: string, record: RecordView): Promise<RecordView> {
    try {
      return await host.add(set, { Id: this.id, ...record });
    } catch (cause) {
      const { code } = toHostError(cause);
      const sent = this.#unanswered;
      if (code === 'unanswered') this.#unanswered ??= record;
      if (code !== 'exists' || sent === null) throw cause;
      const shown = Object.fromEntries(Object.keys(record).map((name) => [name, sent[name] ?? null]));
      return host.edit(set, this.id, record, shown);
    }
  }
}
