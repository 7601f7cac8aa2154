/** The progress of a load test. It stays when the test is over, so that nothing moves. */
import { isUnderWay } from "@/lib/api/loadTests";
import type { LoadTest } from "@/lib/api/types";

export function Progress({ test }: { test: LoadTest }) {
  const { elapsedSeconds } = test.result;
  const percent = Math.min(100, Math.round((elapsedSeconds * 100) / test.durationSeconds));
  return (
    <div className="flex items-center gap-3">
      <div
        role="progressbar"
        aria-label="Progress"
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        className="h-2.5 flex-1 overflow-hidden rounded-full border border-line bg-sunken"
      >
        <div className="h-full rounded-full bg-accent transition-[width] duration-1000 ease-linear" style={{ width: `${percent}%` }} />
      </div>
      <p className="numeric w-28 text-right text-sm text-muted">
        {elapsedSeconds.toFixed(1)} {isUnderWay(test.status) ? `of ${test.durationSeconds} s` : "s"}
      </p>
    </div>
  );
}
