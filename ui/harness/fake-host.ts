// A host in memory: the commands of crates/app over generated records. It promises nothing about syncing; it is there
// to look at the UI and to test it at the boundary of `src/ipc`.
import type {
  ActivityView,
  ConflictView,
  DecisionView,
  EntityView,
  ErrorView,
  HistoryView,
  ListRequest,
  ListView,
  ParkedView,
  SessionView,
  SetView,
  StatusKind,
  StatusView,
  SyncView,
  TodoRequest,
  TodoView,
} from '../src/ipc/bindings';
import type { RecordView } from '../src/ipc/record';
import { answered, decision, explained } from './fake-conflicts';
import { fits, matchesFilter, matchesWords, orderBy, orderTasks } from './fake-queries';
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

type Args = Record<string, unknown>;
type Command = (args: Args) => unknown;

const PASSWORD = 'tide';

export class FakeHost {
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
  readonly #deleted = new Map<string, RecordView>();
  readonly #answered = new Map<string, ConflictView>();
  readonly #hearers = new Map<string, Set<(payload: unknown) => void>>();
  readonly #answers = new Map<string, RecordView[]>();
  #fresh = 0;

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

  async invoke(command: string, args: Args): Promise<unknown> {
    this.calls.push({ command, args });
    await new Promise((resolve) => setTimeout(resolve, this.latencyMs));
    const failure = this.failing.get(command);
    if (failure !== undefined) {
      this.failing.delete(command);
      throw failure;
    }
    const run = this.#commands[command];
    if (run === undefined) throw new Error(`the fake host has no command ${command}`);
    // What crosses the boundary is JSON: nobody shares an object with the host.
    const answer = run(args);
    return answer === undefined ? undefined : (JSON.parse(JSON.stringify(answer)) as unknown);
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
    const table = this.#table(set);
    if (changes === null) table.delete(id);
    else table.set(id, { ...table.get(id), Id: id, ...changes });
    this.#answers.clear();
    this.emit('records-changed', { set, ids: [id] });
  }

  record(set: string, id: string): RecordView | undefined {
    return this.tables.get(set)?.get(id);
  }

  all(set: string): RecordView[] {
    return [...this.#table(set).values()];
  }

  called(command: string): Args[] {
    return this.calls.filter((call) => call.command === command).map((call) => call.args);
  }

  setOnline(online: boolean): void {
    this.online = online;
    this.#tellStatus();
  }

  statusView(): StatusView {
    const pending = this.#pending().length;
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

  readonly #commands: Record<string, Command> = {
    session: () => this.session,
    sign_in: (args) => this.#signIn(args),
    sign_out: (args) => this.#signOut(args['discard'] === true),
    model: () => ({ sets: this.sets }),
    list: (args) => this.#list(args['request'] as ListRequest),
    get: ({ set, id }) => this.#get(String(set), String(id)),
    add: ({ set, record }) => this.#add(String(set), record as RecordView),
    edit: ({ set, id, changes }) => this.#edit(String(set), String(id), changes as RecordView),
    remove: ({ set, id }) => this.#remove(String(set), String(id)),
    undo_remove: ({ set, id }) => this.#undoRemove(String(set), String(id)),
    history: () => this.history,
    todo_list: (args) => this.#todoList(args['request'] as TodoRequest),
    todo_counts: (args) => this.#todoCounts(Number(args['dayStart']), Number(args['dayEnd'])),
    entities: () => this.#entities(),
    refresh_server_counts: () => {
      for (const set of this.sets) this.#row(set.name, { server_records: this.#table(set.name).size });
    },
    entity_on: ({ set }) => this.#keep(String(set)),
    entity_off: ({ set, unsent }) => this.#drop(String(set), String(unsent)),
    pause: ({ set }) => this.#row(String(set), { paused: true }),
    resume: ({ set }) => this.#row(String(set), { paused: false }),
    set_policy: ({ set, policy }) => this.#row(String(set), { policy: String(policy) }),
    status: () => this.statusView(),
    sync_now: () => this.#syncNow(),
    activity: () => this.activity,
    conflicts: () => this.conflicts,
    resolve: (args) => this.#resolve(this.#open(args['conflict']), String(args['resolution']), args['sides']),
    preview_resolve: ({ conflict, resolution, sides }) => ({
      record: answered(this.#open(conflict), String(resolution), sides),
    }),
    resolve_similar: ({ conflict, resolution }) => {
      const { kind, entity_set } = this.#open(conflict);
      const similar = this.conflicts.filter((open) => open.kind === kind && open.entity_set === entity_set);
      const undo = similar.map((open) => this.#resolve(open, String(resolution), null).undo);
      return { answered: undo.length, undo };
    },
    undo_resolve: ({ undo }) => this.#undoResolve(String(undo)),
    decisions: () => this.decisions,
    bring_back: (args) => this.#bringBack(String(args['set']), String(args['id']), args['entry']),
    explain: ({ set, id }) => this.#explain(String(set), String(id)),
    parked: () => this.parked,
    retry_parked: ({ set, id }) => this.#unpark(String(set), String(id)),
    send_rest_of_parked: ({ set, id }) => {
      const unfit = this.parked.find((one) => one.entity_set === set && one.record_id === id)?.unfit ?? [];
      this.#unpark(String(set), String(id));
      return unfit;
    },
    discard_parked: ({ set, id }) => this.#unpark(String(set), String(id)),
    import_file: ({ set }) => ({ imported: this.#table(String(set)).size }),
    export_file: () => null,
    close_window: () => {
      this.closed = true;
    },
  };

  #table(set: string): Map<string, RecordView> {
    const table = this.tables.get(set);
    if (table === undefined) throw fault('not_found', `There is no entity set ${set}.`);
    return table;
  }

  #readable(set: string): Map<string, RecordView> {
    if (!this.offline.has(set) && !this.online) {
      throw fault('offline', `${set} is not kept on this device, and the server cannot be reached.`);
    }
    return this.#table(set);
  }

  #pending(): RecordView[] {
    return [...this.tables.values()].flatMap((table) =>
      [...table.values()].filter((record) => record['_Mark'] === 'waiting' || record['_Mark'] === 'sending'),
    );
  }

  #signIn({ server, name, password }: Args): SessionView {
    if (!/^https?:\/\//.test(String(server))) {
      throw fault('invalid', `“${String(server)}” is not an address. It starts with https://.`, 'server');
    }
    if (!this.online)
      throw fault('offline', 'The server cannot be reached. Check the network and try again.');
    if (password !== PASSWORD && password !== 'demo') {
      throw fault('wrong_password', 'Name or password is not right. Try again, or ask who runs the server.');
    }
    this.session = {
      ...this.session,
      signed_in: true,
      must_sign_in_again: false,
      server: String(server),
      user: String(name),
      workspace: 'Eastmouth',
    };
    this.status = {};
    this.#tellStatus();
    return this.session;
  }

  #signOut(discard: boolean): void {
    const pending = this.#pending().length;
    if (pending > 0 && !discard)
      throw fault('unsent_changes', `${pending} changes exist only on this device.`);
    this.session = { ...this.session, signed_in: false, server: null, user: null, workspace: null };
    this.#tellStatus();
  }

  #list({ set, filter, search, order_by, offset, limit }: ListRequest): ListView {
    const question = JSON.stringify([set, filter, search, order_by]);
    const records = this.#answer(question, () => {
      const title = this.sets.find((one) => one.name === set)?.title_property ?? 'Id';
      return [...this.#readable(set).values()]
        .filter((record) => matchesFilter(record, filter) && matchesWords(record, search))
        .sort(orderBy(order_by ?? title));
    });
    this.#readable(set);
    return {
      records: records.slice(offset, offset + limit),
      total: records.length,
      live: !this.offline.has(set),
    };
  }

  #todoList(request: TodoRequest): ListView {
    this.#readable('TodoItems');
    const { offset, limit, ...rest } = request;
    const records = this.#answer(JSON.stringify({ ...rest, now: 0 }), () =>
      [...this.#table('TodoItems').values()]
        .filter((record) => fits(request, record, this.session.user) && matchesWords(record, request.search))
        .sort(orderTasks(request.sort)),
    );
    const live = !this.offline.has('TodoItems');
    return { records: records.slice(offset, offset + limit), total: records.length, live };
  }

  #answer(question: string, work: () => RecordView[]): RecordView[] {
    const known = this.#answers.get(question) ?? work();
    this.#answers.set(question, known);
    return known;
  }

  #todoCounts(day_start: number, day_end: number) {
    this.#readable('TodoItems');
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
    for (const record of this.#table('TodoItems').values()) {
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

  #changed(set: string, id: string, record: RecordView): RecordView {
    const live = !this.offline.has(set);
    const stamped: RecordView = {
      ...record,
      _State: live ? 'none' : 'update',
      _Mark: live ? 'none' : record['_Mark'] === 'conflict' ? 'conflict' : 'waiting',
      _UpdatedAt: Date.now(),
      _UpdatedBy: this.session.user,
    };
    this.#table(set).set(id, stamped);
    this.#announce(set, [id]);
    return stamped;
  }

  #announce(set: string, ids: string[] | null): void {
    this.#answers.clear();
    this.emit('records-changed', { set, ids });
    this.#tellStatus();
    if (this.online && this.syncMs !== null && this.#pending().length > 0)
      setTimeout(() => this.#send(), this.syncMs);
  }

  #send(): number {
    const sent = this.online ? this.#pending() : [];
    for (const [set, table] of this.tables) {
      const ids = [...table].filter(([, record]) => sent.includes(record)).map(([id]) => id);
      for (const id of ids) table.set(id, { ...table.get(id), _State: 'none', _Mark: 'none' });
      this.#answers.clear();
      if (ids.length > 0) this.emit('records-changed', { set, ids });
    }
    if (this.online) this.lastSync = Date.now();
    this.#tellStatus();
    return sent.length;
  }

  #check(set: string, record: RecordView): void {
    for (const property of this.sets.find((one) => one.name === set)?.properties ?? []) {
      const value = record[property.name];
      if (!(property.name in record)) continue;
      const empty = value === null || value === undefined || value === '';
      if (empty && !property.nullable)
        throw fault('invalid', `${property.label} must not be empty.`, property.name);
      if (property.max_length !== null && String(value ?? '').length > property.max_length) {
        const sentence = `${property.label} must have at most ${property.max_length} characters.`;
        throw fault('invalid', sentence, property.name);
      }
    }
  }

  #get(set: string, id: string): RecordView {
    const record = this.#readable(set).get(id);
    if (record === undefined) throw fault('not_found', `${set} has no record ${id}`);
    return record;
  }

  #add(set: string, record: RecordView): RecordView {
    this.#readable(set);
    const defaults = Object.fromEntries(
      (this.sets.find((one) => one.name === set)?.properties ?? []).map((one) => [one.name, one.default]),
    );
    const made = `ffffffff-0000-7000-8000-${String((this.#fresh += 1)).padStart(12, '0')}`;
    const id = String(record['Id'] ?? made);
    const whole = { ...defaults, ...record, Id: id };
    this.#check(set, whole);
    return this.#changed(set, id, whole);
  }

  #edit(set: string, id: string, changes: RecordView): RecordView {
    const record = this.#readable(set).get(id);
    if (record === undefined) throw fault('not_found', 'This record was deleted.');
    this.#check(set, changes);
    return this.#changed(set, id, { ...record, ...changes });
  }

  #remove(set: string, id: string): void {
    const record = this.#readable(set).get(id);
    if (record === undefined) throw fault('not_found', 'This record was deleted already.');
    this.#deleted.set(id, record);
    this.#table(set).delete(id);
    this.#announce(set, [id]);
  }

  #undoRemove(set: string, id: string): RecordView {
    const record = this.#deleted.get(id);
    if (record === undefined) throw fault('not_found', 'There is nothing to bring back.');
    return this.#changed(set, id, record);
  }

  #entities(): EntityView[] {
    return this.sets.map((set) => {
      const records = this.#table(set.name).size;
      const offline = this.offline.has(set.name);
      const waiting = [...this.#table(set.name).values()].filter(
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
    this.#answers.clear();
    this.emit('entities-changed');
    this.emit('records-changed', { set, ids: null });
  }

  #drop(set: string, unsent: string): void {
    const waiting = [...this.#table(set).values()].filter((record) => record['_Mark'] === 'waiting');
    if (waiting.length > 0 && unsent === 'refuse') {
      throw fault('unsent_changes', `${waiting.length} changes to ${set} exist only on this device.`);
    }
    if (unsent === 'send_first') {
      if (!this.online)
        throw fault('offline', 'The server cannot be reached, so nothing was sent and nothing removed.');
      this.#send();
    }
    this.offline.delete(set);
    this.emit('entities-changed');
  }

  #syncNow(): SyncView {
    const pushed = this.#send();
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

  #open(id: unknown): ConflictView {
    const conflict = this.conflicts.find((open) => open.id === id);
    if (conflict === undefined) throw fault('no_such_conflict', `there is no open conflict ${String(id)}`);
    return conflict;
  }

  #resolve(conflict: ConflictView, resolution: string, sides: unknown) {
    const { entity_set, record_id } = conflict;
    const record = answered(conflict, resolution, sides);
    this.conflicts = this.conflicts.filter((open) => open !== conflict);
    this.#answered.set(conflict.id, conflict);
    this.decisions = [decision(conflict, resolution, this.session.user), ...this.decisions];
    if (record === null) this.#table(entity_set).delete(record_id);
    else this.#table(entity_set).set(record_id, { ...record, _Mark: 'waiting', _State: 'update' });
    this.#announce(entity_set, [record_id]);
    return { record, undo: conflict.id };
  }

  #undoResolve(undo: string) {
    const conflict = this.#answered.get(undo);
    if (conflict === undefined) throw fault('nothing_to_undo', 'This answer was taken back already.');
    this.#answered.delete(undo);
    this.conflicts = [...this.conflicts, conflict];
    this.#table(conflict.entity_set).set(conflict.record_id, { ...conflict.mine, _Mark: 'conflict' });
    this.#announce(conflict.entity_set, [conflict.record_id]);
    return { reopened: true, record: conflict.mine };
  }

  #bringBack(set: string, id: string, entry: unknown): RecordView {
    const lost = this.history.find((line) => line.entry === entry)?.record;
    this.decisions = this.decisions.map((one) =>
      one.entry === entry ? { ...one, can_bring_back: false } : one,
    );
    return this.#changed(set, id, { ...this.#table(set).get(id), ...lost, Id: id });
  }

  #explain(set: string, id: string) {
    const conflict = this.conflicts.find((open) => open.entity_set === set && open.record_id === id) ?? null;
    const parked = this.parked.find((one) => one.entity_set === set && one.record_id === id);
    return explained(conflict?.mine ?? this.#get(set, id), conflict, parked?.reason ?? null);
  }

  #unpark(set: string, id: string): void {
    this.parked = this.parked.filter((one) => one.entity_set !== set || one.record_id !== id);
    this.#tellStatus();
  }

  #tellStatus(): void {
    this.emit('status-changed', this.statusView());
  }
}

export function fault(code: string, message: string, property: string | null = null): ErrorView {
  return { code, message, property };
}
