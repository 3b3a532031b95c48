import { Inbox, LayoutDashboard, List, Send, Settings, type LucideIcon } from 'lucide-react';

export const NAVIGATION: readonly { to: string; label: string; short: string; icon: LucideIcon }[] = [
  { to: '/', label: 'Overview', short: 'Overview', icon: LayoutDashboard },
  { to: '/notifications', label: 'Notifications', short: 'List', icon: List },
  { to: '/create', label: 'Create', short: 'Create', icon: Send },
  { to: '/dlq', label: 'Dead letters', short: 'DLQ', icon: Inbox },
  { to: '/settings', label: 'Settings', short: 'Settings', icon: Settings },
];
