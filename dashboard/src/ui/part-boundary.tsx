import { Component, type ReactNode } from 'react';
import { Notice } from './notice';
import { ReloadButton } from './reload-button';

interface PartBoundaryProps {
  /** The name of the part, as the beginning of a sentence. */
  what: string;
  children: ReactNode;
}

/** Keeps the page usable if a lazily loaded part cannot be loaded: while the API is away, or after a deployment. */
export class PartBoundary extends Component<PartBoundaryProps, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) {
      return this.props.children;
    }
    return (
      <Notice tone="warn" title={`${this.props.what} could not be loaded`} actions={<ReloadButton />}>
        The rest of the page works.
      </Notice>
    );
  }
}
