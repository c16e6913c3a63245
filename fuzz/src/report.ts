// What a run says: a progress line every few seconds (in place on a terminal), findings as they come, a summary.

import type { Campaign, FoundError } from "./engine.ts";

const PROGRESS_MS = 3_000;
/** Lines of a finding's error that are printed; all of them are in its file. */
const ERROR_LINES = 8;

const sum = (campaigns: readonly Campaign[], count: (campaign: Campaign) => number) =>
  campaigns.reduce((total, campaign) => total + count(campaign), 0);

const seconds = (ms: number) => `${Math.round(ms / 1_000)} s`;

/** Tells how the campaigns go. */
export class Report {
  readonly #campaigns: readonly Campaign[];
  readonly #startedAt = performance.now();
  readonly #told = new Set<FoundError>();
  readonly #inPlace = process.stdout.isTTY === true;
  #nextAt = PROGRESS_MS;

  constructor(campaigns: readonly Campaign[]) {
    this.#campaigns = campaigns;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Prints what is new. Cheap when nothing is. */
  progress(current: string): void {
    for (const { findings } of this.#campaigns) {
      for (const finding of findings) if (!this.#told.has(finding)) this.#tell(finding);
    }
    const elapsed = this.elapsedMs;
    if (elapsed < this.#nextAt) return;
    this.#nextAt = elapsed + PROGRESS_MS;
    const runs = sum(this.#campaigns, (campaign) => campaign.runs);
    const corpus = sum(this.#campaigns, (campaign) => campaign.corpus.size);
    const findings = sum(this.#campaigns, (campaign) => campaign.findings.length);
    const rate = Math.round((runs / elapsed) * 1_000);
    const line = `${seconds(elapsed)}  ${runs} runs  ${rate} runs/s  corpus ${corpus}  findings ${findings}  ${current}`;
    process.stdout.write(this.#inPlace ? `\r\x1b[2K${line}` : `${line}\n`);
  }

  /** Prints the summary; returns the number of findings. */
  close(seed: string): number {
    if (this.#inPlace) process.stdout.write("\r\x1b[2K");
    const rows = this.#campaigns.map(({ target, runs, corpus, slowestMs, findings }) => [
      target.name,
      String(runs),
      String(corpus.size),
      slowestMs.toFixed(1),
      String(findings.length),
    ]);
    for (const row of [["target", "runs", "corpus", "slowest ms", "findings"], ...rows]) {
      const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(14) : cell.padStart(12)));
      process.stdout.write(`${cells.join("")}\n`);
    }
    const findings = this.#campaigns.flatMap((campaign) => campaign.findings);
    for (const { command, times } of findings) process.stdout.write(`${times} x  ${command}\n`);
    const runs = sum(this.#campaigns, (campaign) => campaign.runs);
    const rss = Math.round(process.memoryUsage.rss() / 1_048_576);
    process.stdout.write(
      `${runs} runs in ${seconds(this.elapsedMs)}, seed ${seed}, ${findings.length} findings, RSS ${rss} MB\n`,
    );
    return findings.length;
  }

  #tell(finding: FoundError): void {
    this.#told.add(finding);
    const error = finding.error.split("\n").slice(0, ERROR_LINES).join("\n  ");
    process.stdout.write(`${this.#inPlace ? "\r\x1b[2K" : ""}FOUND ${error}\n  replay: ${finding.command}\n`);
  }
}
