import { FileText, Inbox, LayoutDashboard, List, Send, Settings, type LucideIcon } from 'lucide-react';

export const NAVIGATION: readonly { to: string; label: string; icon: LucideIcon }[] = [
  { to: '/', label: 'Overview', icon: LayoutDashboard },
  { to: '/notifications', label: 'Notifications', icon: List },
  { to: '/create', label: 'Create', icon: Send },
  { to: '/templates', label: 'Templates', icon: FileText },
  { to: '/dlq', label: 'Dead letters', icon: Inbox },
  { to: '/settings', label: 'Settings', icon: Settings },
];
