// Which record a person is asking about: the question that is being decided, or the record that is being explained.
// Only a person opens either; nothing that arrives in the background does (UX.md, "Conflicts never interrupt typing").

export interface RecordName {
  set: string;
  id: string;
}

class Asked {
  decide = $state.raw<RecordName | null>(null);
  explain = $state.raw<RecordName | null>(null);

  toDecide(set: string, id: string): void {
    this.explain = null;
    this.decide = { set, id };
  }

  toExplain(set: string, id: string): void {
    this.decide = null;
    this.explain = { set, id };
  }

  close(): void {
    this.decide = null;
    this.explain = null;
  }
}

export const asked = new Asked();
