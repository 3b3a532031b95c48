import { useEffect, useRef } from 'react';
import { useSearchParams, type NavigateOptions } from 'react-router';

type Change = (before: URLSearchParams) => URLSearchParams;

/**
 * The parameters of the address, and a way to change them. A change builds on the one before it, even if that
 * has not been rendered yet; the setter of `useSearchParams` builds on what was rendered last, and so loses
 * the first of two quick choices.
 */
export function useAddress(): [URLSearchParams, (change: Change, options?: NavigateOptions) => void] {
  const [rendered, setParameters] = useSearchParams();
  const newest = useRef(rendered);
  useEffect(() => {
    newest.current = rendered;
  }, [rendered]);
  return [
    rendered,
    (change, options) => {
      newest.current = change(newest.current);
      setParameters(newest.current, options);
    },
  ];
}
