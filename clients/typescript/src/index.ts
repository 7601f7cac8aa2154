/**
 * A client of S3 for Compute. Paths, parameters, bodies and answers are typed from the server's OpenAPI
 * document.
 */
import createFetchClient, { type Client as FetchClient, type ClientOptions } from 'openapi-fetch';
import type { components, paths } from './schema.js';

export type { components, paths } from './schema.js';

/** The schemas of the API by name, such as `Schemas['Function']`. */
export type Schemas = components['schemas'];

/** An error that the server answered. */
export class FaasError extends Error {
  override readonly name = 'FaasError';

  constructor(
    message: string,
    /** The HTTP status. */
    readonly status: number,
    /** For programs, such as `function_not_found`. */
    readonly code: string,
    /** The id of the request, which the server's log has too. */
    readonly requestId: string | null,
    /** The execution that the error is about. */
    readonly executionId: string | undefined,
    /** More about some errors. */
    readonly details: Schemas['ErrorDetails'] | undefined,
  ) {
    super(message);
  }
}

/** What a function returned. */
export interface Invocation<Result> {
  output: Result;
  executionId: string;
  /** Milliseconds. */
  duration: number;
  /** US dollars. */
  cost: number;
  coldStart: boolean;
}

export interface Options {
  /** Such as `https://faas.example`. */
  url: string;
  /** The API key, where the server requires one. */
  key?: string;
  /** A `fetch` to use instead of the global one. */
  fetch?: NonNullable<ClientOptions['fetch']>;
}

/** What calls accept besides the input. */
export interface CallOptions {
  /** The same key, function and input within 24 hours run the function once. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface Client {
  /**
   * Every route: `client.api.GET('/api/functions/by-name/{name}', { params: { path: { name } } })`. An
   * answer that is an error is thrown as a `FaasError`.
   */
  api: FetchClient<paths>;
  /** Calls the function with this name, and waits for its result. */
  invoke<Result = unknown>(name: string, input?: unknown, options?: CallOptions): Promise<Invocation<Result>>;
  /** Executes the function with this name, with retries. It is stored once this resolves. */
  execute(name: string, input?: unknown, options?: CallOptions): Promise<Schemas['Accepted']>;
}

export function createClient({ url, key, fetch }: Options): Client {
  const api = createFetchClient<paths>({
    baseUrl: url,
    ...(fetch ? { fetch } : {}),
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  });
  api.use({
    async onResponse({ response }) {
      if (!response.ok) throw await errorOf(response);
    },
  });
  return {
    api,
    async invoke<Result>(name: string, input: unknown = {}, options: CallOptions = {}) {
      const { data, response } = await api.POST('/api/functions/by-name/{name}/invoke', {
        ...request(name, options),
        // A body of `undefined` would be left out.
        body: input as never,
      });
      if (response.status === 202) {
        throw new Error('the first call with this idempotency key has not ended yet');
      }
      return { output: data as Result, ...described(response) };
    },
    async execute(name, input = {}, options = {}) {
      const { data } = await api.POST('/api/functions/by-name/{name}/execute', {
        ...request(name, options),
        body: { input },
      });
      return data as Schemas['Accepted'];
    },
  };
}

function request(name: string, { idempotencyKey, signal }: CallOptions) {
  return {
    params: {
      path: { name },
      ...(idempotencyKey === undefined ? {} : { header: { 'Idempotency-Key': idempotencyKey } }),
    },
    ...(signal ? { signal } : {}),
  };
}

function described({ headers }: Response): Omit<Invocation<unknown>, 'output'> {
  return {
    executionId: headers.get('x-execution-id') ?? '',
    duration: Number(headers.get('x-execution-duration')),
    cost: Number(headers.get('x-execution-cost')),
    coldStart: headers.get('x-cold-start') === 'true',
  };
}

async function errorOf(response: Response): Promise<FaasError> {
  const text = await response.text();
  const { status, headers } = response;
  let body: Partial<Schemas['Error'] & Schemas['InvocationError']> = {};
  try {
    body = JSON.parse(text) as typeof body;
  } catch {
    // The answer of a proxy, for example.
  }
  const error = new FaasError(
    body.error ?? `the server answered ${status}`,
    status,
    body.code ?? 'unknown',
    headers.get('x-request-id'),
    body.executionId,
    body.details,
  );
  if (body.stack) error.stack = body.stack;
  return error;
}
