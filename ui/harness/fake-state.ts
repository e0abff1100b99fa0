// What the fake host knows and tells: generated records, who is signed in, what waits. Commands are in `fake-host.ts`.
import type {
  ActivityView,
  ConflictView,
  DecisionView,
  EntityView,
  ErrorView,
  HistoryView,
  ParkedView,
  SessionView,
  SetView,
  StatusKind,
  StatusView,
} from '../src/ipc/bindings';
import type { RecordView } from '../src/ipc/record';
import { SAMPLE_SETS } from './sample-model';
import { sampleRecords } from './sample-records';

export interface FakeOptions {
  tasks?: number;
  signedIn?: boolean;
  online?: boolean;
  user?: string;
  /** Entity sets that are kept offline. */
  offline?: readonly string[];
  sets?: SetView[];
  empty?: boolean;
  latencyMs?: number;
  /** How long a change waits before the server "has" it; null: until `sync_now`. */
  syncMs?: number | null;
}

export type Args = Record<string, unknown>;

export class FakeState {
  session: SessionView;
  readonly sets: SetView[];
  readonly tables = new Map<string, Map<string, RecordView>>();
  readonly offline = new Set<string>();
  readonly rows = new Map<string, Partial<EntityView>>();
  readonly calls: { command: string; args: Args }[] = [];
  conflicts: ConflictView[] = [];
  parked: ParkedView[] = [];
  activity: ActivityView[] = [];
  history: HistoryView[] = [];
  decisions: DecisionView[] = [];
  status: Partial<StatusView> = {};
  online: boolean;
  closed = false;
  latencyMs: number;
  syncMs: number | null;
  lastSync: number | null = Date.now() - 120_000;
  /** Makes the next call of a command fail. */
  readonly failing = new Map<string, ErrorView>();
  readonly #hearers = new Map<string, Set<(payload: unknown) => void>>();
  readonly #answers = new Map<string, RecordView[]>();

  constructor(options: FakeOptions = {}) {
    const {
      tasks = 300,
      signedIn = true,
      online = true,
      user = 'Demo',
      latencyMs = 0,
      syncMs = 1500,
    } = options;
    this.online = online;
    this.latencyMs = latencyMs;
    this.syncMs = syncMs;
    this.sets = options.sets ?? SAMPLE_SETS;
    const records = sampleRecords({ now: Date.now(), tasks });
    for (const set of this.sets) {
      const rows = options.empty ? [] : (records[set.name] ?? []);
      this.tables.set(set.name, new Map(rows.map((record) => [String(record['Id']), { ...record }])));
    }
    for (const name of options.offline ?? this.sets.map((set) => set.name)) this.offline.add(name);
    this.session = {
      signed_in: signedIn,
      must_sign_in_again: false,
      server: signedIn ? 'https://tide.example.org' : null,
      user: signedIn ? user : null,
      workspace: signedIn ? 'Eastmouth' : null,
      device: 'field-laptop-7',
      read_only: false,
      data_dir: '/home/ana/.local/share/tidemark',
      demo_server: null,
    };
  }

  listen(event: string, hear: (payload: unknown) => void): () => void {
    const hearers = this.#hearers.get(event) ?? new Set();
    this.#hearers.set(event, hearers.add(hear));
    return () => hearers.delete(hear);
  }

  emit(event: string, payload: unknown = null): void {
    for (const hear of this.#hearers.get(event) ?? []) hear(JSON.parse(JSON.stringify(payload)));
  }

  /** What another device did: the record changes, and the window hears of it. */
  pull(set: string, id: string, changes: RecordView | null): void {
    const table = this.table(set);
    if (changes === null) table.delete(id);
    else table.set(id, { ...table.get(id), Id: id, ...changes });
    this.#answers.clear();
    this.emit('records-changed', { set, ids: [id] });
  }

  record(set: string, id: string): RecordView | undefined {
    return this.tables.get(set)?.get(id);
  }

  all(set: string): RecordView[] {
    return [...this.table(set).values()];
  }

  called(command: string): Args[] {
    return this.calls.filter((call) => call.command === command).map((call) => call.args);
  }

  setOnline(online: boolean): void {
    this.online = online;
    this.tellStatus();
  }

  statusView(): StatusView {
    const pending = this.pending().length;
    const kind: StatusKind = !this.session.signed_in
      ? 'not_set_up'
      : !this.online
        ? 'offline'
        : this.conflicts.length > 0
          ? 'conflicts'
          : this.parked.length > 0
            ? 'parked'
            : pending > 0
              ? 'waiting'
              : 'up_to_date';
    return {
      kind,
      server: this.session.server,
      user: this.session.user,
      online: this.online,
      pending,
      conflicts: this.conflicts.length,
      parked: this.parked.length,
      last_sync: this.lastSync,
      progress: null,
      error: null,
      awaited: [],
      ...this.status,
    };
  }

  protected table(set: string): Map<string, RecordView> {
    const table = this.tables.get(set);
    if (table === undefined) throw fault('not_found', `There is no entity set ${set}.`);
    return table;
  }

  protected readable(set: string): Map<string, RecordView> {
    if (!this.offline.has(set) && !this.online) {
      throw fault('offline', `${set} is not kept on this device, and the server cannot be reached.`);
    }
    return this.table(set);
  }

  protected pending(): RecordView[] {
    return [...this.tables.values()].flatMap((table) =>
      [...table.values()].filter((record) => record['_Mark'] === 'waiting' || record['_Mark'] === 'sending'),
    );
  }

  /** Has everything asked anew. */
  protected forget(): void {
    this.#answers.clear();
  }

  /** What was found for a question stands until a record changes. */
  protected answer(question: string, work: () => RecordView[]): RecordView[] {
    const known = this.#answers.get(question) ?? work();
    this.#answers.set(question, known);
    return known;
  }

  protected changed(set: string, id: string, record: RecordView): RecordView {
    const live = !this.offline.has(set);
    const stamped: RecordView = {
      ...record,
      _State: live ? 'none' : 'update',
      _Mark: live ? 'none' : record['_Mark'] === 'conflict' ? 'conflict' : 'waiting',
      _UpdatedAt: Date.now(),
      _UpdatedBy: this.session.user,
    };
    this.table(set).set(id, stamped);
    this.announce(set, [id]);
    return stamped;
  }

  protected announce(set: string, ids: string[] | null): void {
    this.#answers.clear();
    this.emit('records-changed', { set, ids });
    this.tellStatus();
    if (this.online && this.syncMs !== null && this.pending().length > 0)
      setTimeout(() => this.send(), this.syncMs);
  }

  protected send(): number {
    const sent = this.online ? this.pending() : [];
    for (const [set, table] of this.tables) {
      const ids = [...table].filter(([, record]) => sent.includes(record)).map(([id]) => id);
      for (const id of ids) table.set(id, { ...table.get(id), _State: 'none', _Mark: 'none' });
      this.#answers.clear();
      if (ids.length > 0) this.emit('records-changed', { set, ids });
    }
    if (this.online) this.lastSync = Date.now();
    this.tellStatus();
    return sent.length;
  }

  protected tellStatus(): void {
    this.emit('status-changed', this.statusView());
  }
}

export function fault(code: string, message: string, property: string | null = null): ErrorView {
  return { code, message, property };
}
