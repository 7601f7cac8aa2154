/**
 * Types of functions for S3 for Compute: what they get and what they return.
 *
 * They need the types of the web platform: `"lib": ["ES2023", "DOM"]` in tsconfig.json.
 */

/** The variables and secrets of a function, all strings. */
export type Variables = Readonly<Record<string, string>>;

/** The second argument of a function. */
export interface Context {
  readonly executionId: string;
  readonly functionId: string;
  readonly functionName: string;
  readonly functionVersion: number;
  /** The attempt, from 1. */
  readonly attempt: number;
  /** When the attempt will be stopped, in milliseconds since 1970. */
  readonly deadline: number;
  readonly instanceId: string;
  readonly env: Variables;
  /** The namespace of keys and values, if `config.kv` is `true` or a name. */
  readonly kv: KvNamespace;
  /** Namespaces with names of their own, and bindings of the host: `GET /api/types.d.ts` describes these. */
  readonly [name: string]: unknown;
}

/** A function: its input is JSON, and so is its result. */
export type Handler<Input = unknown, Result = unknown> = (input: Input, context: Context) => Result | Promise<Result>;

/** The second argument of `fetch` and `scheduled`: variables, secrets, and namespaces of keys and values. */
export interface Env {
  /** The namespace of keys and values, if `config.kv` is `true` or a name. */
  readonly KV: KvNamespace;
  readonly [name: string]: string | KvNamespace;
}

/** The third argument of `fetch` and `scheduled`. */
export interface ExecutionContext {
  /** Keeps the execution running until the promise settles. */
  waitUntil(promise: Promise<unknown>): void;
  passThroughOnException(): void;
}

/** Why `scheduled` is called. */
export interface ScheduledEvent {
  readonly type: 'scheduled';
  /** The cron expression of the schedule; empty if it has none. */
  readonly cron: string;
  /** Milliseconds since 1970. */
  readonly scheduledTime: number;
  noRetry(): void;
}

/** The default export of a module in the form of Cloudflare Workers. */
export interface Worker {
  fetch?(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response>;
  scheduled?(event: ScheduledEvent, env: Env, context: ExecutionContext): void | Promise<void>;
}

/** A request as AWS Lambda has it (API Gateway, payload format 2.0). */
export interface LambdaEvent {
  readonly version: '2.0';
  readonly routeKey: string;
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly queryStringParameters?: Readonly<Record<string, string>>;
  readonly pathParameters?: Readonly<Record<string, string>>;
  readonly requestContext: Readonly<Record<string, unknown>>;
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

/** A response as AWS Lambda has it. */
export interface LambdaResponse {
  statusCode: number;
  headers?: Record<string, string>;
  cookies?: string[];
  body?: string;
  isBase64Encoded?: boolean;
}

/** A handler in the form of AWS Lambda. Without `config.http`, its event is the input as it is. */
export type LambdaHandler<Event = LambdaEvent, Result = LambdaResponse> = (
  event: Event,
  context: Context,
) => Promise<Result>;

/** A value that can be stored. */
export type KvValue = string | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array>;

/** How a value is returned. */
export interface KvTypes<Value = unknown> {
  text: string;
  json: Value;
  arrayBuffer: ArrayBuffer;
  stream: ReadableStream<Uint8Array>;
}

/** How long a value is kept, and what is stored with it. */
export interface KvPutOptions {
  /** Seconds from now. */
  expirationTtl?: number;
  /** The same. */
  ttl?: number;
  /** Seconds since 1970. */
  expiration?: number;
  /** At most 1024 bytes of JSON. */
  metadata?: unknown;
}

/** A value with what is stored with it. */
export interface KvEntry<Value, Metadata = unknown> {
  value: Value | null;
  metadata: Metadata | null;
  cacheStatus: null;
}

/** A page of keys. */
export interface KvPage<Metadata = unknown> {
  keys: { name: string; expiration?: number; metadata?: Metadata }[];
  list_complete: boolean;
  /** Where the next page begins. */
  cursor?: string;
  cacheStatus: null;
}

/** A namespace of keys and values, with the interface of Workers KV. */
export interface KvNamespace {
  get(key: string): Promise<string | null>;
  get<Value = unknown, Type extends keyof KvTypes = 'text'>(
    key: string,
    type: Type | { type?: Type },
  ): Promise<KvTypes<Value>[Type] | null>;
  /** Up to 100 keys. */
  get(keys: readonly string[]): Promise<Map<string, string | null>>;
  get<Value = unknown, Type extends 'text' | 'json' = 'text'>(
    keys: readonly string[],
    type: Type | { type?: Type },
  ): Promise<Map<string, KvTypes<Value>[Type] | null>>;
  getWithMetadata<Metadata = unknown>(key: string): Promise<KvEntry<string, Metadata>>;
  getWithMetadata<Metadata = unknown, Value = unknown, Type extends keyof KvTypes = 'text'>(
    key: string,
    type: Type | { type?: Type },
  ): Promise<KvEntry<KvTypes<Value>[Type], Metadata>>;
  put(key: string, value: KvValue, options?: KvPutOptions): Promise<void>;
  delete(key: string): Promise<void>;
  list<Metadata = unknown>(options?: { prefix?: string; limit?: number; cursor?: string }): Promise<KvPage<Metadata>>;
  /** Sets a value and returns the one before, atomically. */
  getAndSet(key: string, value: KvValue, options?: KvPutOptions): Promise<string | null>;
  getAndSet<Value = unknown, Type extends keyof KvTypes = 'text'>(
    key: string,
    value: KvValue,
    options: KvPutOptions & { type: Type },
  ): Promise<KvTypes<Value>[Type] | null>;
  /**
   * Sets a value if the key has the expected one, atomically, and returns whether it did. `null` stands
   * for no value on both sides.
   */
  compareAndSet(
    key: string,
    expected: KvValue | null,
    value: KvValue | null,
    options?: KvPutOptions,
  ): Promise<boolean>;
}
