import type { components } from './schema';

type Schemas = components['schemas'];

export type Notification = Schemas['Notification'];
export type Attempt = Schemas['Attempt'];
export type AuditEntry = Schemas['AuditEntry'];
export type NotificationDetail = Schemas['NotificationDetail'];
export type NotificationPage = Schemas['NotificationPage'];
export type CreateNotification = Schemas['CreateNotification'];
export type Statistics = Schemas['Statistics'];
export type Minute = Schemas['MinuteCounts'];
export type Minutes = Schemas['RecentMinutes'];
export type Provider = Schemas['Provider'];
export type DeadLetterGroup = Schemas['DeadLetterGroup'];
export type ReplayRequest = Schemas['ReplayDeadLetters'];
export type ReplayAnswer = Schemas['Replay'];
export type ReplayResult = Schemas['ReplayResult'];
export type Policy = Schemas['Policy'];
export type Template = Schemas['Template'];
export type TemplateVersion = Schemas['TemplateVersion'];
export type VersionSummary = Schemas['TemplateVersionSummary'];
export type TemplateSource = Schemas['VersionSource'];
export type CreateTemplate = Schemas['CreateTemplate'];
export type CreateVersion = Schemas['CreateVersion'];
export type Preview = Schemas['TemplatePreview'];
export type SendTest = Schemas['SendTest'];
export type FieldError = Schemas['FieldError'];
export type ErrorEnvelope = Schemas['ErrorAnswer'];

export type Status = Schemas['Status'];
export type Channel = Schemas['Channel'];
export type Priority = Schemas['Priority'];
export type OnUnknown = Schemas['OnUnknown'];
export type Cause = Schemas['Cause'];
export type Outcome = Schemas['Outcome'];
