/**
 * A small value that satisfies a simple JSON Schema: what a server with guided decoding would be bound to give.
 * Conditions, patterns and negations are not understood; whatever the schema is, it ends.
 */

const MAX_DEPTH = 24;
const MAX_ITEMS = 32;
const MAX_NODES = 1_000;
const MAX_PADDING = 1_000;

type Schema = Readonly<Record<string, unknown>>;

/** Names, numbers and allowed values that the prompt mentions are preferred. */
export function schemaInstance(schema: unknown, prompt = ""): unknown {
  return new Instance(schema, prompt).of(schema, 0);
}

class Instance {
  #nodes = 0;
  readonly #prompt: string;
  readonly #name: string | undefined;
  readonly #number: number | undefined;

  constructor(
    private readonly root: unknown,
    prompt: string,
  ) {
    this.#prompt = prompt.slice(0, 20_000);
    // A capital letter within a sentence: "the weather in Oslo".
    this.#name = /[a-z,] (\p{Lu}\p{L}{1,40})/u.exec(this.#prompt)?.[1];
    const number = /(?<![\w.])-?\d{1,9}(?:\.\d{1,6})?(?![\w])/.exec(this.#prompt)?.[0];
    this.#number = number === undefined ? undefined : Number(number);
  }

  of(given: unknown, depth: number): unknown {
    if (depth > MAX_DEPTH || this.#nodes++ > MAX_NODES) return null;
    const schema = this.#resolved(given);
    if (schema === null) return null;
    if ("const" in schema) return schema.const;
    if (Array.isArray(schema.enum)) return this.#oneOf(schema.enum);
    for (const key of ["anyOf", "oneOf"] as const) {
      const options = schema[key];
      if (Array.isArray(options))
        return this.of(options.find((one) => typeOf(one) !== "null") ?? options[0], depth + 1);
    }
    const merged = Array.isArray(schema.allOf) ? this.#merged(schema, schema.allOf) : schema;
    switch (typeOf(merged)) {
      case "string":
        return this.#string(merged);
      case "integer":
      case "number":
        return this.#numeric(merged);
      case "boolean":
        return true;
      case "array":
        return this.#array(merged, depth);
      case "null":
        return null;
      default:
        return this.#object(merged, depth);
    }
  }

  /** Follows `$ref` within the document, a few steps. */
  #resolved(given: unknown): Schema | null {
    let schema = given;
    for (let steps = 0; steps < 8; steps++) {
      if (typeof schema !== "object" || schema === null) return null;
      const ref = (schema as { $ref?: unknown }).$ref;
      if (typeof ref !== "string") return schema as Schema;
      if (!ref.startsWith("#")) return null;
      schema = ref
        .slice(1)
        .split("/")
        .slice(1)
        .reduce<unknown>((at, key) => ownValue(at, key.replaceAll("~1", "/").replaceAll("~0", "~")), this.root);
    }
    return null;
  }

  #merged(schema: Schema, parts: readonly unknown[]): Schema {
    const all = [schema, ...parts.slice(0, MAX_ITEMS).map((part) => this.#resolved(part) ?? {})];
    const properties = Object.assign({}, ...all.map((one) => asObject(one.properties)));
    const required = all.flatMap((one) => (Array.isArray(one.required) ? one.required : []));
    return { ...Object.assign({}, ...all), properties, required, allOf: undefined };
  }

  #oneOf(values: readonly unknown[]): unknown {
    const said = this.#prompt.toLowerCase();
    return values.find((one) => typeof one === "string" && one !== "" && said.includes(one.toLowerCase())) ?? values[0];
  }

  #string(schema: Schema): string {
    const formatted = typeof schema.format === "string" ? FORMATS[schema.format] : undefined;
    const text = formatted ?? this.#name ?? "text";
    const from = boundOf(schema.minLength, 0);
    const to = boundOf(schema.maxLength, Number.POSITIVE_INFINITY);
    return text.padEnd(Math.min(from, MAX_PADDING), "x").slice(0, to);
  }

  #numeric(schema: Schema): number {
    const whole = typeOf(schema) === "integer";
    const above = boundOf(schema.exclusiveMinimum, Number.NEGATIVE_INFINITY);
    const below = boundOf(schema.exclusiveMaximum, Number.POSITIVE_INFINITY);
    const unit = boundOf(schema.multipleOf, 0);
    const lowest = Math.max(boundOf(schema.minimum, Number.NEGATIVE_INFINITY), whole ? Math.floor(above) + 1 : above);
    const highest = Math.min(boundOf(schema.maximum, Number.POSITIVE_INFINITY), whole ? Math.ceil(below) - 1 : below);
    const wished = Math.min(highest, Math.max(lowest, this.#number ?? 1));
    if (unit > 0) return Math.ceil(wished / unit) * unit;
    if (wished === above || wished === below)
      return Number.isFinite(lowest + highest) ? (lowest + highest) / 2 : wished + 1;
    return whole ? Math.trunc(wished) : wished;
  }

  #array(schema: Schema, depth: number): unknown[] {
    if (Array.isArray(schema.prefixItems))
      return schema.prefixItems.slice(0, MAX_ITEMS).map((one) => this.of(one, depth + 1));
    const known = schema.items === undefined ? 0 : 1;
    const length = Math.min(MAX_ITEMS, boundOf(schema.minItems, Math.min(known, boundOf(schema.maxItems, 1))));
    if (schema.items === undefined) return Array.from({ length }, () => "text");
    return Array.from({ length }, () => this.of(schema.items, depth + 1));
  }

  /** What is required, and what else the schema lists where nothing is. */
  #object(schema: Schema, depth: number): Record<string, unknown> {
    const properties = asObject(schema.properties);
    const required = Array.isArray(schema.required) ? schema.required.filter((one) => typeof one === "string") : [];
    const names = required.length > 0 ? required : Object.keys(properties);
    return Object.fromEntries(
      names.slice(0, 200).map((name) => [name, this.of(ownValue(properties, name) ?? { type: "string" }, depth + 1)]),
    );
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  date: "2026-01-01",
  "date-time": "2026-01-01T00:00:00Z",
  time: "00:00:00Z",
  email: "text@example.com",
  uri: "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000",
  ipv4: "127.0.0.1",
};

function typeOf(schema: unknown): string | undefined {
  const { type, properties, items } = asObject(schema) as { type?: unknown; properties?: unknown; items?: unknown };
  if (Array.isArray(type)) return type.find((one) => typeof one === "string" && one !== "null") ?? "null";
  if (typeof type === "string") return type;
  return properties === undefined && items !== undefined ? "array" : undefined;
}

function asObject(value: unknown): Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}

function ownValue(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function boundOf(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
}
