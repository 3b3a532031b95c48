import type { Channel, PutSender, Sender } from '@/api/types';

/** A sender while it is written. */
export interface Draft {
  id: string;
  type: Channel;
  address: string;
  name: string;
  replyTo: string;
  /** Names, separated by commas. */
  providers: string;
  isDefault: boolean;
}

export const EMPTY: Draft = {
  id: '',
  type: 'EMAIL',
  address: '',
  name: '',
  replyTo: '',
  providers: '',
  isDefault: false,
};

export const draftOf = (sender: Sender): Draft => ({
  ...sender,
  name: sender.name ?? '',
  replyTo: sender.replyTo ?? '',
  providers: sender.providers.join(', '),
});

/** The request, without what is empty or of another channel. */
export function requestOf({ type, address, name, replyTo, providers, isDefault }: Draft): PutSender {
  const isEmail = type === 'EMAIL';
  return {
    type,
    address: address.trim(),
    ...(isEmail && name.trim() !== '' && { name: name.trim() }),
    ...(isEmail && replyTo.trim() !== '' && { replyTo: replyTo.trim() }),
    providers: providers
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== ''),
    isDefault,
  };
}

const ID = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** The error of a new id; undefined if there is none. A sender that is there would be replaced unseen. */
export function problemOfId(id: string, taken: readonly string[]): string | undefined {
  if (!ID.test(id)) return 'must be small letters, digits and hyphens, 40 at the most';
  return taken.includes(id) ? 'is there already' : undefined;
}
