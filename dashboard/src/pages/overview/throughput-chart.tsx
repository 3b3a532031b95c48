import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import type { TooltipContentProps } from 'recharts';
import { count, shortCount } from '@/lib/numbers';
import { minuteTime } from '@/lib/times';
import type { TimeZone } from '@/stores/preferences';
import { OUTCOMES_SHOWN, type ChartRow } from './minutes';

interface ThroughputChartProps {
  rows: ChartRow[];
  timeZone: TimeZone;
}

const TICK = { fill: 'var(--muted)', fontSize: 12 };

export function ThroughputChart({ rows, timeZone }: ThroughputChartProps) {
  const ticks = rows
    .filter((row) => new Date(row.minute).getUTCMinutes() % 10 === 0)
    .map((row) => row.minute);
  return (
    <ResponsiveContainer width="100%" height="100%">
      <BarChart
        data={rows}
        barCategoryGap="15%"
        margin={{ top: 4, right: 4, bottom: 0, left: -16 }}
        title="Sent, retried and failed per minute; the table below has the figures"
        accessibilityLayer={false}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="minute"
          ticks={ticks}
          tickFormatter={(minute: number) => minuteTime(minute, timeZone)}
          tick={TICK}
          tickLine={false}
          axisLine={false}
        />
        <YAxis
          allowDecimals={false}
          tickFormatter={shortCount}
          tick={TICK}
          tickLine={false}
          axisLine={false}
        />
        <Tooltip
          cursor={{ fill: 'var(--raised)' }}
          content={(props) => <MinuteTooltip {...props} timeZone={timeZone} />}
        />
        {OUTCOMES_SHOWN.map(({ name, color }) => (
          <Bar key={name} dataKey={name} stackId="outcomes" fill={color} isAnimationActive={false} />
        ))}
      </BarChart>
    </ResponsiveContainer>
  );
}

type MinuteTooltipProps = TooltipContentProps & { timeZone: TimeZone };

function MinuteTooltip({ active, payload, timeZone }: MinuteTooltipProps) {
  const row = payload[0]?.payload as ChartRow | undefined;
  if (!active || row === undefined) return null;
  return (
    <div className="rounded-lg border border-line bg-surface px-3 py-2 text-xs shadow-md">
      <p className="mb-1 font-medium">{minuteTime(row.minute, timeZone)}</p>
      {OUTCOMES_SHOWN.map(({ name, label }) => (
        <p key={name} className="flex justify-between gap-4 tabular-nums">
          <span className="text-muted">{label}</span>
          {count(row[name])}
        </p>
      ))}
    </div>
  );
}
