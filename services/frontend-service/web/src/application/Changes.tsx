export { Diff } from '../common/Diff';
