import type { components } from './schema';

// The words of the API, without the generator's prefixes.
type Schemas = components['schemas'];
export type Application = Schemas['Application'];
export type Deployment = Schemas['Deployment'];
export type DeployResult = Schemas['DeployResult'];
export type Environment = Schemas['Environment'];
export type EnvironmentGroup = Schemas['EnvironmentGroup'];
export type HistoryEntry = Schemas['HistoryEntry'];
export type Lock = Schemas['Lock'];
export type LockScope = Schemas['LockScope'];
export type ManifestDiff = Schemas['ManifestDiff'];
export type Operation = Schemas['Operation'];
export type Overview = Schemas['Overview'];
export type Release = Schemas['Release'];
export type TrainResult = Schemas['TrainResult'];
export type WatchEvent = Schemas['WatchEvent'];
export type Deploy = Schemas['Deploy'];
export type CreateLock = Schemas['CreateLock'];
export type DeleteLock = Schemas['DeleteLock'];
export type RunTrain = Schemas['RunTrain'];
export type Action = Schemas['Action'];
export type ActionResult = Schemas['ActionResult'];
export type Actor = Schemas['Actor'];
export type Preview = Schemas['Preview'];
export type PreviewChange = Schemas['PreviewChange'];
export type TrainEffect = Schemas['TrainEffect'];
export type Freeze = Schemas['Freeze'];
