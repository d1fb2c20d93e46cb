import { spawn } from 'node:child_process'

/** Shows a page in the user's browser, where there is a screen to show it on; else does nothing. */
export function openBrowser(url: string): void {
  const command = opener()
  if (command === null || !process.stdout.isTTY) return
  const child = spawn(command, [url], { stdio: 'ignore', detached: true })
  // No browser is no failure: the address stands in the banner.
  child.on('error', () => {})
  child.unref()
}

function opener(): string | null {
  if (process.platform === 'darwin') return 'open'
  if (process.platform === 'win32') return 'explorer'
  const { DISPLAY, WAYLAND_DISPLAY } = process.env
  return DISPLAY !== undefined || WAYLAND_DISPLAY !== undefined ? 'xdg-open' : null
}
