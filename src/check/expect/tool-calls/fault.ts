import type { ToolCallFault } from "../../finding.js";

export type Layer = "trigger" | "schema" | "value";

/** A fault, and the layer that it fails. */
export interface LayeredFault {
  readonly layer: Layer;
  readonly fault: ToolCallFault;
  /** What it is about: one parameter of one call is reported once, though two layers may see it. */
  readonly place: string;
  readonly detail: string;
}
