/** Dark or light: as the system has it, until somebody chooses. */
import { part, setText } from './dom.ts';

const KEPT = 'gossip-theme';

export function startTheme(): void {
  const button = part('theme', HTMLButtonElement);
  const system = matchMedia('(prefers-color-scheme: dark)');
  const isDark = (): boolean => (localStorage.getItem(KEPT) ?? (system.matches ? 'dark' : 'light')) === 'dark';
  const apply = (): void => {
    document.documentElement.dataset['theme'] = isDark() ? 'dark' : 'light';
    button.setAttribute('aria-pressed', String(isDark()));
    setText(button, 'Dark');
  };
  button.addEventListener('click', () => {
    localStorage.setItem(KEPT, isDark() ? 'light' : 'dark');
    apply();
  });
  system.addEventListener('change', apply);
  apply();
}
