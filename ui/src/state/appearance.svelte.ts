// How the window looks: theme, contrast and text size. They follow the system until the user says otherwise, and are
// remembered on this device only.
export const THEMES = ['system', 'light', 'dark'] as const;
export const CONTRASTS = ['system', 'standard', 'high'] as const;
export const TEXT_SIZES = ['normal', 'large', 'larger'] as const;

export type Theme = (typeof THEMES)[number];
export type Contrast = (typeof CONTRASTS)[number];
export type TextSize = (typeof TEXT_SIZES)[number];

const SCALE: Record<TextSize, number> = { normal: 1, large: 1.15, larger: 1.35 };
const KEY = 'tidemark.appearance';

const darkSystem = matchMedia('(prefers-color-scheme: dark)');
const contrastSystem = matchMedia('(prefers-contrast: more)');

function remembered(): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function oneOf<T extends string>(options: readonly T[], value: unknown, otherwise: T): T {
  return options.find((option) => option === value) ?? otherwise;
}

class Appearance {
  theme = $state<Theme>('system');
  contrast = $state<Contrast>('system');
  textSize = $state<TextSize>('normal');
  #systemDark = $state(darkSystem.matches);
  #systemContrast = $state(contrastSystem.matches);

  readonly scale = $derived(SCALE[this.textSize]);
  readonly dark = $derived(this.theme === 'system' ? this.#systemDark : this.theme === 'dark');
  readonly high = $derived(this.contrast === 'system' ? this.#systemContrast : this.contrast === 'high');

  constructor() {
    const kept = remembered();
    this.theme = oneOf(THEMES, kept['theme'], 'system');
    this.contrast = oneOf(CONTRASTS, kept['contrast'], 'system');
    this.textSize = oneOf(TEXT_SIZES, kept['textSize'], 'normal');
    darkSystem.addEventListener('change', (event) => {
      this.#systemDark = event.matches;
      this.apply();
    });
    contrastSystem.addEventListener('change', (event) => {
      this.#systemContrast = event.matches;
      this.apply();
    });
  }

  choose(choice: { theme?: Theme; contrast?: Contrast; textSize?: TextSize }): void {
    Object.assign(this, choice);
    const { theme, contrast, textSize } = this;
    localStorage.setItem(KEY, JSON.stringify({ theme, contrast, textSize }));
    this.apply();
  }

  /** Dark when it is light, and light when it is dark. */
  switchTheme(): void {
    this.choose({ theme: this.dark ? 'light' : 'dark' });
  }

  /** Writes the choice on the document, where `design/tokens.css` reads it. */
  apply(): void {
    const root = document.documentElement;
    root.dataset['theme'] = this.dark ? 'dark' : 'light';
    root.dataset['contrast'] = this.high ? 'high' : 'standard';
    root.style.setProperty('--text-scale', String(this.scale));
  }
}

export const appearance = new Appearance();
