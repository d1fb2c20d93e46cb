/** The element with this id, which `index.html` has. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`index.html has no element #${id}`)
  return found as T
}

type Child = Node | string

/** A new element with a class and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  if (className !== '') element.className = className
  element.append(...children)
  return element
}

/** Sets the text only if it differs: the page would lay itself out again for nothing. */
export function setText(element: Node, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

export function setClass(element: Element, className: string): void {
  if (element.className !== className) element.className = className
}
