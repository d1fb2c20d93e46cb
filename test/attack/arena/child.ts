import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Lab } from '../../e2e/helpers/lab.ts'

/** A process beside ours that answers each question once. It ends with its lab, or with us. */
export class Child<Say, Answer extends { readonly t: string }> {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static spawn<Say, Answer extends { readonly t: string }>(lab: Lab, file: string): Child<Say, Answer> {
    const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    lab.own(child)
    return new Child(child)
  }

  /** Says something, and waits for the answer, which has to be of this kind. */
  async ask<T extends Answer['t']>(say: Say, t: T): Promise<Answer & { readonly t: T }> {
    const answer = this.hear(t)
    this.tell(say)
    return await answer
  }

  tell(say: Say): void {
    this.#child.send(say as object)
  }

  /** The next thing it says, which has to be of this kind. */
  hear<T extends Answer['t']>(t: T): Promise<Answer & { readonly t: T }> {
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null) => reject(new Error(`the process ended with ${code}`))
      this.#child.once('exit', onExit)
      this.#child.once('message', (answer: Answer) => {
        this.#child.off('exit', onExit)
        if (answer.t === t) resolve(answer as Answer & { readonly t: T })
        else reject(new Error(`it says ${answer.t}: ${'reason' in answer ? answer.reason : ''}`))
      })
    })
  }

  /** As a crash would end it. */
  async kill(): Promise<void> {
    const gone = new Promise(resolve => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await gone
  }
}
