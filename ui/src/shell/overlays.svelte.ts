// Which overlay is in front; at most one.
export type Overlay = 'palette' | 'shortcuts' | 'sign-in' | 'new-list';

class Overlays {
  open = $state<Overlay | null>(null);

  show(overlay: Overlay): void {
    this.open = overlay;
  }

  close(overlay: Overlay): void {
    if (this.open === overlay) this.open = null;
  }
}

export const overlays = new Overlays();
