/*
 * Keeps a failure of one page in that page: the navigation goes on, and the page can be tried again.
 */
import { Component, type ReactNode } from "react";
import { Trouble } from "./Trouble";

/** A part of the application could not be fetched. What failed once stays failed until the page is loaded anew. */
const NOT_LOADED = /dynamically imported module|importing a module script|preload CSS/i;

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
    const { error } = this.state;
    if (error instanceof Error && NOT_LOADED.test(error.message)) {
      const words =
        "This part of the page could not be loaded: its server did not answer, or was replaced by a newer one.";
      return <Trouble title={this.props.title} error={new Error(words)} onRetry={() => window.location.reload()} />;
    }
    return <Trouble title={this.props.title} error={error} onRetry={() => this.setState({ error: null })} />;
  }
}
