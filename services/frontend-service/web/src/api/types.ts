import type { components } from './schema';

// The words of the API, without the generator's prefixes.
type Schemas = components['schemas'];
export type Application = Schemas['v1Application'];
export type Deployment = Schemas['v1Deployment'];
export type DeployResult = Schemas['v1DeployResult'];
export type Environment = Schemas['v1Environment'];
export type EnvironmentGroup = Schemas['v1EnvironmentGroup'];
export type HistoryEntry = Schemas['v1HistoryEntry'];
export type Lock = Schemas['v1Lock'];
export type LockScope = Schemas['v1LockScope'];
export type ManifestDiff = Schemas['v1ManifestDiff'];
export type Operation = Schemas['v1Operation'];
export type Overview = Schemas['v1Overview'];
export type Release = Schemas['v1Release'];
export type TrainResult = Schemas['v1TrainResult'];
export type WatchEvent = Schemas['v1WatchEvent'];
export type Deploy = Schemas['v1Deploy'];
export type CreateLock = Schemas['v1CreateLock'];
export type DeleteLock = Schemas['v1DeleteLock'];
export type RunTrain = Schemas['v1RunTrain'];
