/*
 * Keeps a failure of one page in that page: the navigation goes on, and the page can be tried again.
 */
import { Component, type ReactNode } from "react";
import { Trouble } from "./Trouble";

interface FailsafeProps {
  title: string;
  children: ReactNode;
}

export class Failsafe extends Component<FailsafeProps, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return <Trouble title={this.props.title} error={this.state.error} onRetry={() => this.setState({ error: null })} />;
  }
}
