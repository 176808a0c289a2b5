/** Parameters of the ec2 query protocol. */
import type { Filter } from "@aws-sdk/client-ec2";

/** Values of a list parameter in its order: `InstanceId.1`, `InstanceId.2`. */
export function list(form: URLSearchParams, name: string): string[] {
  const values: string[] = [];
  for (let index = 1; form.has(`${name}.${index}`); index++) values.push(form.get(`${name}.${index}`) ?? "");
  return values;
}

export function filters(form: URLSearchParams): Filter[] {
  const found: Filter[] = [];
  for (let index = 1; form.has(`Filter.${index}.Name`); index++) {
    const Name = form.get(`Filter.${index}.Name`) ?? "";
    found.push({ Name, Values: list(form, `Filter.${index}.Value`) });
  }
  return found;
}

export function paging(form: URLSearchParams): { MaxResults?: number; NextToken?: string } {
  const maximum = form.get("MaxResults");
  const token = form.get("NextToken");
  return {
    ...(maximum !== null && { MaxResults: Number(maximum) }),
    ...(token !== null && { NextToken: token }),
  };
}
