/** Functions by their names. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { functionsQuery } from "./api/functions";
import { shortId } from "./format";

/** Tells the name of a function; of one that is deleted, the end of its id. */
export function useFunctionNames(): (id: string) => string {
  const { data } = useQuery(functionsQuery());
  return useMemo(() => {
    const names = new Map(data?.map(({ _id, name }) => [_id, name]));
    return (id) => names.get(id) ?? `deleted …${shortId(id)}`;
  }, [data]);
}
