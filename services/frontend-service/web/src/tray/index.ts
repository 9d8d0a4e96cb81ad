// Planned actions: what other pages need to know of the tray.
export type { PlannedAction } from './action';
export { cellOf } from './action';
export { useTray } from './store';
export { type Planner, usePlan, usePlannedIn } from './usePlan';
