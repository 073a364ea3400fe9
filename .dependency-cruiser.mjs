/** The import table of ARCHITECTURE.md as rules: the document is the configuration, so the two cannot part. */
import { readFileSync } from "node:fs";

const ROW = /^\| `([a-z]+(?:-[a-z]+)*(?:\.ts)?)` \|[^|]*\| ([^|]+) \|$/;
const document = readFileSync(new URL("./ARCHITECTURE.md", import.meta.url), "utf8");
const section = document.slice(
  document.indexOf("## The rooms and what they may import"),
  document.indexOf("## The laws"),
);
const rooms = section.split("\n").flatMap((line) => {
  const [, room, allowed] = ROW.exec(line) ?? [];
  if (room === undefined) return [];
  const names = allowed.trim() === "nothing" ? [] : allowed.split(",").map((name) => name.trim());
  return [
    {
      room,
      values: names.filter((name) => !name.startsWith("*")),
      types: names.map((name) => name.replaceAll("*", "")),
    },
  ];
});
if (rooms.length < 15) throw new Error(`ARCHITECTURE.md: the import table has only ${rooms.length} rooms`);

/** A room is a folder of src/, or one of the files beside them; of two with one name the file is called `NAME.ts`. */
const files = new Set(rooms.map(({ room }) => room).filter((room) => room.endsWith(".ts")));
const roomPath = (name) => {
  if (name.endsWith(".ts")) return `${name.slice(0, -3)}\\.ts$`;
  return files.has(`${name}.ts`) ? `${name}/` : `${name}(/|\\.ts$)`;
};
const pathOf = (names) => (names.length === 0 ? "^$" : `^src/(${names.map(roomPath).join("|")})`);

const rules = rooms.flatMap(({ room, values, types }) => [
  {
    name: `${room}-imports`,
    comment: `src/${room} may import ${types.join(", ") || "nothing"} (ARCHITECTURE.md)`,
    severity: "error",
    from: { path: pathOf([room]) },
    to: { path: "^src/", pathNot: pathOf([room, ...types]) },
  },
  {
    name: `${room}-imports-types-only`,
    comment: `src/${room} may import values of ${values.join(", ") || "nothing"} alone (ARCHITECTURE.md)`,
    severity: "error",
    from: { path: pathOf([room]) },
    to: { path: "^src/", pathNot: pathOf([room, ...values]), dependencyTypesNot: ["type-only"] },
  },
]);

export default {
  forbidden: [
    ...rules,
    {
      name: "every-room-is-in-the-table",
      comment: "a file of src/ that no row of the import table covers",
      severity: "error",
      from: { path: "^src/", pathNot: pathOf(rooms.map(({ room }) => room)) },
      to: {},
    },
    {
      name: "one-client-socket",
      comment: "capture is the only room with a client socket",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/capture/" },
      to: { path: "node_modules/undici|^undici$" },
    },
    {
      name: "no-circles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    { name: "no-unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default"] },
  },
};
