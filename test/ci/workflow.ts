/** What is alike in a workflow, an action and the snippets of their documentation: steps and expressions. */

export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly if?: string;
  readonly "working-directory"?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, unknown>>;
}

/** Contexts of expressions whose values others may choose: in a script they would be run. */
export function expressionsIn(value: unknown): string[] {
  return [...JSON.stringify(value ?? null).matchAll(/\$\{\{(.*?)\}\}/g)].map(([, inner]) => (inner ?? "").trim());
}

/** What is wrong with steps: scripts with expressions, actions that are not GitHub's own or not pinned. */
export function stepFaults(steps: readonly Step[], own: string): string[] {
  const ids = steps.map(({ id }) => id);
  return steps.flatMap((step, index) => {
    const { run, uses, shell, name = step.uses ?? `step ${index + 1}`, ...rest } = step;
    const referenced = expressionsIn(rest).flatMap((text) => [...text.matchAll(/steps\.([\w-]+)\./g)]);
    return [
      ...(run === undefined ? [] : expressionsIn(run).map((text) => `${name}: \${{ ${text} }} in a script`)),
      ...(expressionsIn([uses, shell]).length > 0 ? [`${name}: an expression in uses or shell`] : []),
      ...((run === undefined) === (uses === undefined) ? [`${name}: neither or both of run and uses`] : []),
      ...(uses === undefined || uses === own || /^actions\/[a-z-]+(\/[a-z]+)?@v\d+$/.test(uses)
        ? []
        : [`${name}: ${uses} is not one of GitHub's own, pinned by its major version`]),
      ...referenced
        .filter(([, id]) => !ids.slice(0, index).includes(id))
        .map(([text]) => `${name}: ${text} is not a step before it`),
    ];
  });
}
