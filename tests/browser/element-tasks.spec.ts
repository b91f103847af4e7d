import { expect, test } from './box.js'

/** What the tasks of a visit did to the page: how many did something, and how many nodes the busiest one added. */
interface Work {
  tasks: number
  nodes: number
}

/** Letters that are typed, one after the other. */
const TYPED = 'health'

for (const attributes of ['', 'modal', 'filters="day track" show="day"']) {
  test(`from load to an answer few tasks change the page, and none changes much: <inkling-search ${attributes}>`, async ({
    box,
    page,
  }) => {
    await page.addInitScript(() => {
      const work = { tasks: 0, nodes: 0 }
      const observer = new MutationObserver((records) => {
        work.tasks++
        work.nodes = Math.max(
          work.nodes,
          records.reduce((sum, { addedNodes }) => sum + addedNodes.length, 0),
        )
      })
      addEventListener('DOMContentLoaded', () =>
        observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true }),
      )
      Object.assign(globalThis, { work })
    })
    await box.open({ attributes })
    await page.keyboard.press('/')
    const answered = page.evaluate(
      (typed) =>
        new Promise<void>((resolve) => {
          // An answer by words that has been read for a while stays until the better one is wanted.
          setInterval(() => {
            const buttons = [...document.querySelectorAll<HTMLElement>('.inkling-action')]
            buttons.find(({ textContent }) => textContent === 'Better answers are ready')?.click()
          }, 50)
          document.addEventListener('inkling-results', ({ detail }) => {
            if (detail.mode === 'hybrid' && detail.query === typed) resolve()
          })
        }),
      TYPED,
    )
    await page.keyboard.type(TYPED, { delay: 80 })
    await answered
    const { tasks, nodes } = await page.evaluate(() => (globalThis as unknown as { work: Work }).work)
    test.info().annotations.push({ type: 'work', description: `${tasks} tasks, at most ${nodes} nodes` })
    // What is counted does not depend on how fast the machine is, save for how many answers come between the letters:
    // at most one by words and one by meaning for each, each with its panel and what is said of it.
    expect(tasks).toBeLessThanOrEqual(6 * TYPED.length)
    expect(nodes).toBeLessThanOrEqual(60)
  })
}
