// What Vertex refuses in services: methods that the wire, the stub or the one-way rule cannot carry.

import type { Issue } from "./errors.ts";
import type { MethodModel, ServiceModel } from "./model.ts";
import type { Schema } from "./schema.ts";

const EMPTY = "google.protobuf.Empty";

/** The issues of all services of a run; ids must differ across all of them. */
export function checkServices(schema: Schema, services: readonly ServiceModel[]): Issue[] {
  const issues: Issue[] = [];
  const ids = new Map<number, string>();
  for (const service of services) {
    const locals = new Map<string, string>();
    const report = ({ sourcePath }: MethodModel, text: string): void => {
      issues.push(schema.issueAt(service.file, sourcePath, text));
    };
    for (const method of service.methods) {
      const sameId = ids.get(method.id);
      if (sameId !== undefined && sameId !== method.path)
        report(method, `${method.path} and ${sameId} have the same id ${hex(method.id)}; rename one of them`);
      ids.set(method.id, method.path);
      const sameName = locals.get(method.localName);
      if (sameName !== undefined)
        report(
          method,
          `${method.name} and ${sameName} are both ${method.localName} in TypeScript; rename one of them`,
        );
      locals.set(method.localName, method.name);
      checkOneWay(method, report);
      checkRules(method, report);
    }
  }
  return issues;
}

function checkOneWay(method: MethodModel, report: (method: MethodModel, text: string) => void): void {
  if (method.kind !== "one_way") return;
  if (method.streams)
    report(method, `a one_way method cannot stream; remove stream or one_way from ${method.name}`);
  if (method.response.fullName !== EMPTY)
    report(
      method,
      `a one_way method has no answer, but ${method.name} returns ${method.response.fullName}; make it return ${EMPTY} or remove one_way`,
    );
}

function checkRules(method: MethodModel, report: (method: MethodModel, text: string) => void): void {
  if (method.endless && method.timeoutMs !== undefined)
    report(method, `${method.name} is endless and has a timeout_ms; remove one of them`);
  for (const name of method.unknownErrors)
    report(method, `there is no message ${name}; write its full name, package included, and import its file`);
}

/** An id as the documentation writes it. */
export function hex(id: number): string {
  return `0x${id.toString(16).padStart(8, "0")}`;
}
