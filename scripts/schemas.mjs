/** Writes the JSON Schemas that are generated from zod: the report's into dist, the golden set's beside the goldens. */
import { writeFileSync } from "node:fs";
import { goldenSetJsonSchema } from "../dist/golden/json-schema.js";
import { reportJsonSchema } from "../dist/report/json.js";

const write = (path, schema) => writeFileSync(new URL(path, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
write("../dist/report/report.schema.json", reportJsonSchema());
write("../goldens/golden-set.schema.json", goldenSetJsonSchema());
