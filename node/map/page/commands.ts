import type { Stage } from './scene/stage.ts'

/** What buttons and keys can do to the view. */
export interface Commands {
  top(): void
  oblique(): void
  frameAll(): void
  follow(): void
  following(): boolean
  onChange(listener: () => void): void
}

export function createCommands(stage: Stage): Commands {
  const listeners: (() => void)[] = []
  const changing = (run: () => void) => () => {
    run()
    for (const listener of listeners) listener()
  }
  return {
    top: changing(() => stage.eye.top()),
    oblique: changing(() => stage.eye.oblique()),
    frameAll: changing(() => stage.frameAll(true)),
    follow: changing(() => stage.follow(!stage.following)),
    following: () => stage.following,
    onChange: listener => listeners.push(listener),
  }
}
