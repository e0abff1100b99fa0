// A host in memory: the commands of the table over generated records, to look at the UI and to test it at the boundary of
// `src/ipc`. It promises nothing about syncing, and checks nothing that a model or a server would: what they refuse, a test
// makes fail (`failing`). The host with the rules in it is `tidemark-harness-host` (`loopback-host.ts`).
import type {
  ConflictView,
  EntityView,
  ListRequest,
  ListView,
  Resolution,
  SessionView,
  Sides,
  SyncView,
  TodoRequest,
  TodoView,
  UnsentChoice,
} from '../src/ipc/bindings';
import type { Commands } from '../src/ipc/commands';
import type { RecordView } from '../src/ipc/record';
import { answered, decision, explained } from './fake-conflicts';
import { fits, matchesFilter, matchesWords, orderBy, orderTasks } from './fake-queries';
import { type Args, FakeState, fault } from './fake-state';

export { fault } from './fake-state';
export type { FakeOptions } from './fake-state';

/** Every command of the table, with its types. */
type Answers = { [Name in keyof Commands]: (asked: Commands[Name]['asks']) => Commands[Name]['answers'] };

export class FakeHost extends FakeState {
  readonly #deleted = new Map<string, RecordView>();
  readonly #answered = new Map<string, ConflictView>();
  #fresh = 0;

  async invoke(command: string, args: Args): Promise<unknown> {
    this.calls.push({ command, args });
    await new Promise((resolve) => setTimeout(resolve, this.latencyMs));
    const failure = this.failing.get(command);
    if (failure !== undefined) {
      this.failing.delete(command);
      throw failure;
    }
    if (!(command in this.#commands)) throw new Error(`the fake host has no command ${command}`);
    const run = this.#commands[command as keyof Commands] as (asked: Args) => unknown;
    // What crosses the boundary is JSON: nobody shares an object with the host.
    const answer = run(args);
    return answer === undefined ? undefined : (JSON.parse(JSON.stringify(answer)) as unknown);
  }

  readonly #commands: Answers = {
    session: () => this.session,
    sign_in: (asked) => this.#signIn(asked),
    sign_out: ({ discard }) => this.#signOut(discard),
    model: () => ({ sets: this.sets }),
    list: ({ request }) => this.#list(request),
    get: ({ set, id }) => this.#get(set, id),
    add: ({ set, record }) => this.#add(set, record),
    edit: ({ set, id, changes }) => this.#edit(set, id, changes),
    remove: ({ set, id }) => this.#remove(set, id),
    undo_remove: ({ set, id }) => this.#undoRemove(set, id),
    history: () => this.history,
    todo_list: ({ request }) => this.#todoList(request),
    todo_counts: ({ dayStart, dayEnd }) => this.#todoCounts(dayStart, dayEnd),
    entities: () => this.#entities(),
    refresh_server_counts: () => {
      for (const set of this.sets) this.#row(set.name, { server_records: this.table(set.name).size });
    },
    entity_on: ({ set }) => this.#keep(set),
    entity_off: ({ set, unsent }) => this.#drop(set, unsent),
    pause: ({ set }) => this.#row(set, { paused: true }),
    resume: ({ set }) => this.#row(set, { paused: false }),
    set_policy: ({ set, policy }) => this.#row(set, { policy }),
    status: () => this.statusView(),
    sync_now: () => this.#syncNow(),
    activity: () => this.activity,
    decisions: () => this.decisions,
    conflicts: () => this.conflicts,
    resolve: ({ conflict, resolution, sides }) => this.#resolve(this.#open(conflict), resolution, sides),
    preview_resolve: ({ conflict, resolution, sides }) => ({
      record: answered(this.#open(conflict), resolution, sides),
    }),
    resolve_similar: ({ conflict, resolution }) => {
      const { kind, entity_set } = this.#open(conflict);
      const similar = this.conflicts.filter((open) => open.kind === kind && open.entity_set === entity_set);
      const undo = similar.map((open) => this.#resolve(open, resolution, null).undo);
      return { answered: undo.length, undo };
    },
    undo_resolve: ({ undo }) => this.#undoResolve(undo),
    bring_back: ({ set, id, entry }) => this.#bringBack(set, id, entry),
    explain: ({ set, id }) => this.#explain(set, id),
    parked: () => this.parked,
    retry_parked: ({ set, id }) => this.#unpark(set, id),
    send_rest_of_parked: ({ set, id }) => {
      const unfit = this.parked.find((one) => one.entity_set === set && one.record_id === id)?.unfit ?? [];
      this.#unpark(set, id);
      return unfit;
    },
    discard_parked: ({ set, id }) => this.#unpark(set, id),
    import_file: ({ set }) => ({ imported: this.table(set).size }),
    export_file: () => null,
    close_window: () => {
      this.closed = true;
    },
  };

  #signIn({ server, name }: Commands['sign_in']['asks']): SessionView {
    const user = { server, user: name, workspace: 'Eastmouth' };
    this.session = { ...this.session, ...user, signed_in: true, must_sign_in_again: false };
    this.status = {};
    this.tellStatus();
    return this.session;
  }

  #signOut(discard: boolean): SessionView {
    const pending = this.pending().length;
    if (pending > 0 && !discard)
      throw fault('unsent_changes', `${pending} changes exist only on this device.`);
    this.session = { ...this.session, signed_in: false, server: null, user: null, workspace: null };
    this.tellStatus();
    return this.session;
  }

  #list({ set, filter, search, order_by, offset, limit }: ListRequest): ListView {
    const question = JSON.stringify([set, filter, search, order_by]);
    const records = this.answer(question, () => {
      const title = this.sets.find((one) => one.name === set)?.title_property ?? 'Id';
      return [...this.readable(set).values()]
        .filter((record) => matchesFilter(record, filter) && matchesWords(record, search))
        .sort(orderBy(order_by ?? title));
    });
    this.readable(set);
    return {
      records: records.slice(offset, offset + limit),
      total: records.length,
      live: !this.offline.has(set),
    };
  }

  #todoList(request: TodoRequest): ListView {
    this.readable('TodoItems');
    const { offset, limit, ...rest } = request;
    const records = this.answer(JSON.stringify({ ...rest, now: 0 }), () =>
      [...this.table('TodoItems').values()]
        .filter((record) => fits(request, record, this.session.user) && matchesWords(record, request.search))
        .sort(orderTasks(request.sort)),
    );
    const live = !this.offline.has('TodoItems');
    return { records: records.slice(offset, offset + limit), total: records.length, live };
  }

  #todoCounts(day_start: number, day_end: number) {
    this.readable('TodoItems');
    const names: TodoView[] = [
      'today',
      'upcoming',
      'overdue',
      'mine',
      'all',
      'done',
      'not_sent',
      'conflicts',
    ];
    const views = Object.fromEntries(names.map((view) => [view, 0])) as Record<TodoView, number>;
    const open = new Map<string, number>();
    for (const record of this.table('TodoItems').values()) {
      for (const view of names) {
        if (fits({ view, list_id: null, day_start, day_end }, record, this.session.user)) views[view] += 1;
      }
      const list = record['TodoListId'];
      if (record['IsDone'] !== true && typeof list === 'string') open.set(list, (open.get(list) ?? 0) + 1);
    }
    const lists = [...(this.tables.get('TodoLists')?.values() ?? [])]
      .map((list) => ({
        id: String(list['Id']),
        name: String(list['Name']),
        open: open.get(String(list['Id'])) ?? 0,
      }))
      .sort((a, b) => a.name.localeCompare(b.name));
    return { views, lists };
  }

  #get(set: string, id: string): RecordView {
    const record = this.readable(set).get(id);
    if (record === undefined) throw fault('not_found', `${set} has no record ${id}`);
    return record;
  }

  #add(set: string, record: RecordView): RecordView {
    this.readable(set);
    const defaults = Object.fromEntries(
      (this.sets.find((one) => one.name === set)?.properties ?? []).map((one) => [one.name, one.default]),
    );
    const made = `ffffffff-0000-7000-8000-${String((this.#fresh += 1)).padStart(12, '0')}`;
    const id = String(record['Id'] ?? made);
    const whole = { ...defaults, ...record, Id: id };
    return this.changed(set, id, whole);
  }

  #edit(set: string, id: string, changes: RecordView): RecordView {
    const record = this.readable(set).get(id);
    if (record === undefined) throw fault('not_found', 'This record was deleted.');
    return this.changed(set, id, { ...record, ...changes });
  }

  #remove(set: string, id: string): void {
    const record = this.readable(set).get(id);
    if (record === undefined) throw fault('not_found', 'This record was deleted already.');
    this.#deleted.set(id, record);
    this.table(set).delete(id);
    this.announce(set, [id]);
  }

  #undoRemove(set: string, id: string): RecordView {
    const record = this.#deleted.get(id);
    if (record === undefined) throw fault('not_found', 'There is nothing to bring back.');
    return this.changed(set, id, record);
  }

  #entities(): EntityView[] {
    return this.sets.map((set) => {
      const records = this.table(set.name).size;
      const offline = this.offline.has(set.name);
      const waiting = [...this.table(set.name).values()].filter(
        (record) => record['_Mark'] === 'waiting',
      ).length;
      return {
        name: set.name,
        label: set.label,
        offline,
        records: offline ? records : 0,
        bytes: offline ? records * 480 : 0,
        pending: waiting,
        policy: 'ask',
        server_records: null,
        first_sync: null,
        paused: false,
        ...this.rows.get(set.name),
      };
    });
  }

  #row(set: string, changes: Partial<EntityView>): void {
    this.rows.set(set, { ...this.rows.get(set), ...changes });
    this.emit('entities-changed');
  }

  #keep(set: string): void {
    this.offline.add(set);
    this.forget();
    this.emit('entities-changed');
    this.emit('records-changed', { set, ids: null });
  }

  #drop(set: string, unsent: UnsentChoice): void {
    const waiting = [...this.table(set).values()].filter((record) => record['_Mark'] === 'waiting');
    if (waiting.length > 0 && unsent === 'refuse') {
      throw fault('unsent_changes', `${waiting.length} changes to ${set} exist only on this device.`);
    }
    if (unsent === 'send_first') {
      if (!this.online)
        throw fault('offline', 'The server cannot be reached, so nothing was sent and nothing removed.');
      this.send();
    }
    this.offline.delete(set);
    this.emit('entities-changed');
  }

  #syncNow(): SyncView {
    const pushed = this.send();
    const outcome = this.online ? 'synced' : 'offline';
    const error = this.online
      ? null
      : 'The server cannot be reached. What waits stays here and is sent later.';
    const sync: SyncView = {
      outcome,
      pushed,
      pulled: 0,
      merged: 0,
      conflicts: 0,
      parked: 0,
      requests: 1,
      bytes_sent: 900 + pushed * 600,
      bytes_received: 700,
      duration_ms: 84,
      error,
    };
    this.activity = [{ started_at: Date.now(), sync, incident: null }, ...this.activity];
    return sync;
  }

  #open(id: string): ConflictView {
    const conflict = this.conflicts.find((open) => open.id === id);
    if (conflict === undefined) throw fault('no_such_conflict', `there is no open conflict ${id}`);
    return conflict;
  }

  #resolve(conflict: ConflictView, resolution: Resolution, sides: Sides | null) {
    const { entity_set, record_id } = conflict;
    const record = answered(conflict, resolution, sides);
    this.conflicts = this.conflicts.filter((open) => open !== conflict);
    this.#answered.set(conflict.id, conflict);
    this.decisions = [decision(conflict, resolution, this.session.user), ...this.decisions];
    if (record === null) this.table(entity_set).delete(record_id);
    else this.table(entity_set).set(record_id, { ...record, _Mark: 'waiting', _State: 'update' });
    this.announce(entity_set, [record_id]);
    return { record, undo: conflict.id };
  }

  #undoResolve(undo: string) {
    const conflict = this.#answered.get(undo);
    if (conflict === undefined) throw fault('nothing_to_undo', 'This answer was taken back already.');
    this.#answered.delete(undo);
    this.conflicts = [...this.conflicts, conflict];
    this.table(conflict.entity_set).set(conflict.record_id, { ...conflict.mine, _Mark: 'conflict' });
    this.announce(conflict.entity_set, [conflict.record_id]);
    return { reopened: true, record: conflict.mine };
  }

  #bringBack(set: string, id: string, entry: string): RecordView {
    const lost = this.history.find((line) => line.entry === entry)?.record;
    this.decisions = this.decisions.map((one) =>
      one.entry === entry ? { ...one, can_bring_back: false } : one,
    );
    return this.changed(set, id, { ...this.table(set).get(id), ...lost, Id: id });
  }

  #explain(set: string, id: string) {
    const conflict = this.conflicts.find((open) => open.entity_set === set && open.record_id === id) ?? null;
    const parked = this.parked.find((one) => one.entity_set === set && one.record_id === id);
    return explained(conflict?.mine ?? this.#get(set, id), conflict, parked?.reason ?? null);
  }

  #unpark(set: string, id: string): void {
    this.parked = this.parked.filter((one) => one.entity_set !== set || one.record_id !== id);
    this.tellStatus();
  }
}
