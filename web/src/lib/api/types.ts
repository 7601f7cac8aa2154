/** The types of the API under the names that the dashboard uses. They are generated from `openapi.json`. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Tier = Schemas["Tier"];
export type FunctionStatus = Schemas["FunctionStatus"];
export type ExecutionStatus = Schemas["ExecutionStatus"];
export type ErrorKind = Schemas["ErrorKind"];
export type Granularity = Schemas["Granularity"];
export type Json = unknown;
export type Fn = Schemas["Function"];
/** A function in a list, which leaves the code out. `codeLength` is in bytes. */
export type ListedFn = Schemas["FunctionSummary"];
export type FunctionConfig = Schemas["FunctionConfig"];
export type NewFunction = Schemas["NewFunction"];
export type FunctionChange = Schemas["FunctionChange"];
export type Sample = Schemas["Sample"];
export type CostParts = Schemas["CostParts"];
export type ExecutionCost = Schemas["ExecutionCost"];
export type LogLine = Schemas["LogLine"];
export type HostCall = Schemas["HostCall"];
export type Attempt = Schemas["Attempt"];
export type Execution = Schemas["Execution"];
export type ExecutionPage = Schemas["ExecutionPage"];
export type Accepted = Schemas["Accepted"];
export type ScalingEvent = Schemas["ScalingEvent"];
export type Overview = Schemas["Overview"];
export type HourCount = Schemas["HistoryRow"];
export type Pricing = Schemas["PriceBook"];
export type Estimate = Schemas["Estimate"];
export type SystemCost = Schemas["SystemCost"];
export type CostRow = Schemas["BreakdownRow"];
export type LastExecution = Schemas["LastExecution"];
export type Trend = Schemas["Trend"];
export type LoadTest = Schemas["LoadTest"];
export type LoadTestStatus = Schemas["LoadTestStatus"];
export type LoadSecond = Schemas["LoadSecond"];
export type LoadEstimate = Schemas["LoadEstimate"];
export type NewLoadTest = Schemas["NewLoadTest"];
export type Role = Schemas["Role"];
export type SessionAnswer = Schemas["Session"];
export type SessionKey = Schemas["SessionKey"];
export type ApiKey = Schemas["Key"];
export type NewApiKey = Schemas["NewKey"];
export type AuditAction = Schemas["AuditAction"];
export type AuditEntry = Schemas["AuditEntry"];
export type AuditPage = Schemas["AuditPage"];
