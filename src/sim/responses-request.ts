/** A request of `/responses` as the chat request that asks the same. */

type Body = Readonly<Record<string, unknown>>;

/** Unknown items are left out; nothing here throws. */
export function chatOfResponses(body: Body): Body {
  const system = typeof body.instructions === "string" ? [{ role: "system", content: body.instructions }] : [];
  const format = (body.text as { format?: unknown } | null | undefined)?.format;
  const tools = Array.isArray(body.tools) ? body.tools.flatMap(chatTool) : undefined;
  return {
    messages: [...system, ...messagesOf(body.input)],
    ...(tools === undefined || tools.length === 0 ? {} : { tools }),
    ...(body.tool_choice === undefined ? {} : { tool_choice: chatChoice(body.tool_choice) }),
    ...(format === undefined ? {} : { response_format: chatFormat(format) }),
  };
}

function messagesOf(input: unknown): readonly object[] {
  if (typeof input === "string") return [{ role: "user", content: input }];
  return Array.isArray(input) ? input.flatMap(messageOf) : [];
}

function messageOf(item: unknown): readonly object[] {
  const { type, role, content, call_id, name, arguments: json, output } = (item ?? {}) as Body;
  if (type === "function_call") {
    return [
      { role: "assistant", tool_calls: [{ id: call_id, type: "function", function: { name, arguments: json } }] },
    ];
  }
  if (type === "function_call_output") return [{ role: "tool", tool_call_id: call_id, content: output }];
  if (typeof role !== "string") return [];
  return [{ role: role === "developer" ? "system" : role, content: chatContent(content) }];
}

/** One text part alone is a plain text. */
function chatContent(content: unknown): unknown {
  if (!Array.isArray(content)) return content;
  const parts = (content as (Body | null)[]).map((part) =>
    part?.type === "input_image"
      ? { type: "image_url", image_url: { url: part.image_url } }
      : { type: "text", text: part?.text },
  );
  return parts.length === 1 && parts[0]?.type === "text" ? (parts[0] as { text?: unknown }).text : parts;
}

function chatTool(tool: unknown): readonly object[] {
  const { type, name, description, parameters, strict } = (tool ?? {}) as Body;
  if (type !== "function") return [];
  const described = { name, ...(description === undefined ? {} : { description }), parameters };
  return [{ type: "function", function: { ...described, ...(strict === undefined ? {} : { strict }) } }];
}

function chatChoice(choice: unknown): unknown {
  const { type, name } = (typeof choice === "object" && choice !== null ? choice : {}) as Body;
  return type === "function" ? { type, function: { name } } : choice;
}

function chatFormat(format: unknown): unknown {
  const { type, name, schema, strict } = (format ?? {}) as Body;
  return type === "json_schema" ? { type, json_schema: { name, strict, schema } } : { type };
}
