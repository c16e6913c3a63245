// The tables of PROTOCOL.md, read from the page, and what the cases must say for each of their cells.
import { readFileSync } from "node:fs";
import type { CaseHead, Cell, Verdict } from "./case.ts";

/** A cell of the page, with its verdict. */
export interface PageCell extends Cell {
  readonly verdict: Verdict;
}

/** The first cell of the head of each table. */
const heads: { readonly [K in Cell["table"]]: string } = {
  serving: "frame from the caller",
  calling: "frame from the other side",
  connection: "frame",
};

function cellsOf(line: string): string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((text) => text.trim());
}

/** `!` ends the connection, `·` is ignored, words say how it goes on; a note in brackets changes nothing of that. */
function verdictOf(text: string): Verdict {
  if (text.startsWith("!")) return "ends";
  return text === "·" ? "ignored" : "goes on";
}

/** All cells that are not left empty because they cannot be. @throws Error when a table is not on the page. */
export function pageCells(page: string): PageCell[] {
  const lines = page.split("\n");
  return (Object.keys(heads) as Cell["table"][]).flatMap((table) => {
    const start = lines.findIndex(
      (line) => line.startsWith(`| ${heads[table]} |`) && !line.includes("sent by"),
    );
    if (start < 0) throw new Error(`PROTOCOL.md has no table that starts with "${heads[table]}"`);
    const [, ...states] = cellsOf(lines[start] as string);
    const found: PageCell[] = [];
    for (let at = start + 2; lines[at]?.startsWith("|"); at++) {
      const [frame = "", ...cells] = cellsOf(lines[at] as string);
      cells.forEach((text, column) => {
        const state = states[column] as string;
        if (text !== "") found.push({ table, frame, state, verdict: verdictOf(text) });
      });
    }
    return found;
  });
}

const keyOf = ({ table, frame, state }: Cell) => `${table}: ${frame}, ${state}`;

/** What the page and the cases do not agree on. */
export function disagreements(page: readonly PageCell[], cases: readonly CaseHead[]): string[] {
  const known = new Set(page.map(keyOf));
  const undecided = page
    .filter((cell) => !cases.some((one) => one.cell !== undefined && keyOf(one.cell) === keyOf(cell)))
    .map((cell) => `no case for "${keyOf(cell)}"`);
  const wrong = cases.flatMap(({ name, cell, verdict }) => {
    if (cell === undefined) return [];
    if (!known.has(keyOf(cell)))
      return [`"${name}" is about a cell that the page does not have: ${keyOf(cell)}`];
    const stated = page.find((one) => keyOf(one) === keyOf(cell))?.verdict;
    return stated === verdict ? [] : [`"${name}" expects "${verdict}", the page says "${stated}"`];
  });
  return [...undecided, ...wrong];
}

/** The page as it is in the repository. */
export function readPage(): string {
  return readFileSync(new URL("../../PROTOCOL.md", import.meta.url), "utf8");
}
