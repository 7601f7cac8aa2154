/** The code of a function: its main file, or the file of several that was chosen. */
import { useState } from "react";
import { Card } from "@/components/Card";
import { Editor } from "@/components/editor/Editor";
import { SelectField } from "@/components/Field";
import type { Fn } from "@/lib/api/types";
import { formatBytes, formatMoment } from "@/lib/format";

export function Code({ fn }: { fn: Fn }) {
  const files = Object.keys(fn.modules ?? {});
  const [chosen, choose] = useState(fn.main);
  const file = chosen !== undefined && files.includes(chosen) ? chosen : fn.main;
  const text = file === undefined ? fn.code : fn.modules?.[file] ?? fn.code;
  const facts = [
    `Version ${fn.version}`,
    formatBytes(fn.codeLength),
    ...(fn.handler === undefined ? [] : [`called as ${fn.handler}`]),
    `changed ${formatMoment(fn.updatedAt)}`,
  ];
  return (
    <Card title="Code" hint={facts.join(", ")}>
      {files.length > 1 ? (
        <div className="mb-3">
          <SelectField label="File" hideLabel value={file} onChange={({ target }) => choose(target.value)}>
            {files.map((path) => (
              <option key={path} value={path}>
                {path === fn.main ? `${path} (main)` : path}
              </option>
            ))}
          </SelectField>
        </div>
      ) : null}
      <Editor label={`Code of ${fn.name}`} language="javascript" value={text} readOnly minLines={8} maxLines={22} />
    </Card>
  );
}
