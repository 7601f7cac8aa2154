/** The names of functions by their ids. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { functionsQuery } from "./api/functions";
import { shortId } from "./format";

/** Returns the name of a function, or the end of its id if it is deleted. */
export function useFunctionNames(): (id: string) => string {
  const { data } = useQuery(functionsQuery());
  return useMemo(() => {
    const names = new Map(data?.map(({ _id, name }) => [_id, name]));
    return (id) => names.get(id) ?? `deleted …${shortId(id)}`;
  }, [data]);
}
