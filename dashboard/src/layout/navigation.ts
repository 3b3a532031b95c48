import {
  AtSign,
  FileText,
  Inbox,
  LayoutDashboard,
  List,
  Send,
  Settings,
  Tags,
  Webhook,
  type LucideIcon,
} from 'lucide-react';

export const NAVIGATION: readonly { to: string; label: string; icon: LucideIcon }[] = [
  { to: '/', label: 'Overview', icon: LayoutDashboard },
  { to: '/notifications', label: 'Notifications', icon: List },
  { to: '/create', label: 'Create', icon: Send },
  { to: '/templates', label: 'Templates', icon: FileText },
  { to: '/senders', label: 'Senders', icon: AtSign },
  { to: '/preferences', label: 'Preferences', icon: Tags },
  { to: '/webhooks', label: 'Webhooks', icon: Webhook },
  { to: '/dlq', label: 'Dead letters', icon: Inbox },
  { to: '/settings', label: 'Settings', icon: Settings },
];
