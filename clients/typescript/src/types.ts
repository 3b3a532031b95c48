/** The types of requests and answers that people use, by name; all others are in `components` of `schema.ts`. */

import type { components } from './schema.js';

type Schemas = components['schemas'];

export type AddSuppression = Schemas['AddSuppression'];
export type Attachment = Schemas['Attachment'];
export type BatchResult = Schemas['BatchResult'];
export type Cause = Schemas['Cause'];
export type Channel = Schemas['Channel'];
export type CreateNotification = Schemas['CreateNotification'];
export type DeadLetterGroups = Schemas['DeadLetterGroups'];
export type EventType = Schemas['EventType'];
export type FieldError = Schemas['FieldError'];
export type Notification = Schemas['Notification'];
export type NotificationDetail = Schemas['NotificationDetail'];
export type PreviewTemplate = Schemas['PreviewTemplate'];
export type Priority = Schemas['Priority'];
export type RecentMinutes = Schemas['RecentMinutes'];
export type Replay = Schemas['Replay'];
export type ReplayDeadLetters = Schemas['ReplayDeadLetters'];
export type SendTest = Schemas['SendTest'];
export type Statistics = Schemas['Statistics'];
export type Status = Schemas['Status'];
export type Suppression = Schemas['Suppression'];
export type Template = Schemas['Template'];
export type TemplatePreview = Schemas['TemplatePreview'];
