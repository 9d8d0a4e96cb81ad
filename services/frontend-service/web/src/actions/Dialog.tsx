export { Refusal } from '../tray/AnswerBox';
