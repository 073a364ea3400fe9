/** A multipart form (RFC 7578) as bytes: capture sends what it is given. */

const BOUNDARY = "twintail-probe-form-boundary";

export interface FormFile {
  readonly field: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: Buffer;
}

export function multipartForm(
  fields: Readonly<Record<string, string>>,
  file: FormFile,
): { type: string; bytes: Buffer } {
  const parts: Buffer[] = [];
  const add = (head: string, content: Buffer): void => {
    parts.push(Buffer.from(`--${BOUNDARY}\r\n${head}\r\n\r\n`), content, Buffer.from("\r\n"));
  };
  for (const [name, value] of Object.entries(fields)) {
    add(`content-disposition: form-data; name="${quoted(name)}"`, Buffer.from(value));
  }
  add(
    `content-disposition: form-data; name="${quoted(file.field)}"; filename="${quoted(file.name)}"\r\ncontent-type: ${file.type}`,
    file.bytes,
  );
  parts.push(Buffer.from(`--${BOUNDARY}--\r\n`));
  return { type: `multipart/form-data; boundary=${BOUNDARY}`, bytes: Buffer.concat(parts) };
}

function quoted(text: string): string {
  return text.replace(/["\r\n]/g, (character) => encodeURIComponent(character));
}
