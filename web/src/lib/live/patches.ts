/**
 * Applies live events to cached answers. It patches what an event contains, and refetches the rest at
 * a limited rate.
 */
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { keys } from "../api/keys";
import type { Fn, LoadTest, Overview } from "../api/types";
import { addMetrics, addToFeed } from "./feed";
import type { LiveEvent, LiveMetrics } from "./events";
import { mergeLoadTest, type HeardLoadTest } from "./loadTest";
import { Throttle } from "./throttle";

/** The least time between two refetches, in ms. */
const EVERY = { lists: 2_000, metrics: 2_000, costs: 3_000, scaling: 2_000, functions: 5_000, all: 5_000 };

export class Patches {
  readonly #throttle = new Throttle();

  constructor(private readonly client: QueryClient) {}

  /** Applies a batch of events. `dropped`: how many were lost before it. */
  apply(batch: readonly LiveEvent[], dropped: number) {
    addToFeed(batch);
    const ended = new Set<string>();
    let changed = dropped > 0;
    for (const event of batch) {
      switch (event.type) {
        case "metrics":
          this.#metrics(event.data, event.timestamp);
          break;
        case "execution_started":
        case "execution_retry":
        case "execution_completed":
        case "execution_failed":
          changed = true;
          ended.add(event.data.executionId);
          this.#meet(event.data.functionId);
          break;
        case "scaling_event":
          this.#ask("scaling", EVERY.scaling, keys.scalingAll);
          break;
        case "request_refused":
          this.#meet(event.data.functionId);
          break;
        case "load_test_progress":
          this.#loadTest(event.data);
          break;
        case "load_test_finished":
          this.#loadTest(event.data);
          this.#ask("load-tests", EVERY.lists, keys.loadTestLists);
          break;
        case "gap":
          this.#throttle.run("all", EVERY.all, () => void this.client.invalidateQueries());
          break;
      }
    }
    if (changed) this.#executions(ended);
  }

  /** Cancels delayed refetches. */
  clear() {
    this.#throttle.clear();
  }

  #executions(ids: ReadonlySet<string>) {
    const cache = this.client.getQueryCache();
    for (const id of ids) {
      const queryKey = keys.execution(id);
      if (cache.find({ queryKey })) void this.client.invalidateQueries({ queryKey });
    }
    this.#ask("lists", EVERY.lists, keys.executionLists);
    this.#ask("metrics", EVERY.metrics, keys.metrics);
    this.#ask("costs", EVERY.costs, keys.costs);
  }

  /** Refetches the list if somebody else uploaded this function. */
  #meet(functionId: string) {
    const known = this.client.getQueryData<Fn[]>(keys.functionList);
    if (known && !known.some(({ _id }) => _id === functionId)) this.#ask("functions", EVERY.functions, keys.functionList);
  }

  #metrics(metrics: LiveMetrics, at: string) {
    addMetrics({ at: new Date(at).getTime(), metrics });
    this.client.setQueryData<Overview>(keys.overview, (old) =>
      old && {
        ...old,
        overview: {
          ...old.overview,
          queuedExecutions: metrics.queued,
          runningExecutions: metrics.running,
          waitingExecutions: metrics.waiting,
          currentInstances: metrics.instances,
        },
      },
    );
  }

  #loadTest(heard: HeardLoadTest) {
    this.client.setQueryData<LoadTest>(keys.loadTest(heard._id), (old) => old && mergeLoadTest(old, heard));
    for (const [key, tests] of this.client.getQueriesData<LoadTest[]>({ queryKey: keys.loadTestLists })) {
      if (tests?.some(({ _id }) => _id === heard._id)) {
        const merged = tests.map((test) => (test._id === heard._id ? mergeLoadTest(test, heard) : test));
        this.client.setQueryData<LoadTest[]>(key, merged);
      } else if (tests) {
        this.#ask("load-tests", EVERY.lists, keys.loadTestLists);
      }
    }
  }

  #ask(name: string, every: number, queryKey: QueryKey) {
    // Do not cancel a running request: a slow answer would never arrive.
    const work = () => void this.client.invalidateQueries({ queryKey }, { cancelRefetch: false });
    this.#throttle.run(name, every, work);
  }
}
