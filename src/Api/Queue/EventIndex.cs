using System.Text.Json;
using System.Text.Json.Nodes;
using WebLab.Api.Store;
using WebLab.Api.Store.Entities;
using WebLab.Engine.Jobs;

namespace WebLab.Api.Queue;

/// <summary>Takes events of the log into the rows. Taking the same event twice changes nothing, so rows can always be made to follow the log.</summary>
internal static class EventIndex
{
    public static void Apply(LabContext context, Run run, IEnumerable<RunEvent> events)
    {
        MetricIndex? metrics = null;
        foreach (var e in events)
        {
            if (e.Seq <= run.LastSeq) continue;
            run.LastSeq = e.Seq;
            run.AttemptCount = Math.Max(run.AttemptCount, e.Attempt);
            switch (e.Type)
            {
                case StatusChanged.Type: ApplyStatus(context, run, e); break;
                case "attemptStarted": ApplyAttempt(context, run, e); break;
                case "metrics":
                    var point = e.Read<MetricsPoint>();
                    (metrics ??= new(context, run)).Add(point.Values, point.Step, point.Epoch, e.At);
                    break;
                case "epochCompleted": ApplyEpoch(run, e, metrics ??= new(context, run)); break;
                case "probeCompleted": ApplyProbe(run, e, metrics ??= new(context, run)); break;
                case "checkpointSaved": ApplyCheckpoint(context, run, e); break;
                case "attackResult": ApplyAttack(context, run, e); break;
                case "finished": ApplyEnd(run, e.Read<Finished>().Values); break;
            }
        }
        metrics?.Flush();
    }

    private static void ApplyStatus(LabContext context, Run run, RunEvent e)
    {
        var change = e.Read<StatusChanged>();
        var to = Enum.Parse<RunStatus>(change.To, ignoreCase: true);
        var from = Enum.Parse<RunStatus>(change.From, ignoreCase: true);
        run.Status = to;
        run.StatusReason = change.Reason;
        run.NotBefore = change.NotBefore;
        run.Version++;
        if (to == RunStatus.Queued) run.QueuedAt = e.At;
        if (to == RunStatus.Queued && from is RunStatus.Failed or RunStatus.Draft) run.LossCount = 0;
        if (to == RunStatus.Running) run.StartedAt ??= e.At;
        if (to == RunStatus.Lost) run.LossCount++;
        run.FinishedAt = StateMachine.IsTerminal(to) ? e.At : null;
        (run.FailureCode, run.FailureMessage, run.FailureSuggestion) = (change.Code, change.Message, change.Suggestion);

        if (to == RunStatus.Starting && Attempt(context, run.Id, e.Attempt) is null)
            context.Attempts.Add(new Attempt { Id = $"{run.Id}.{e.Attempt}", RunId = run.Id, Number = e.Attempt, StartedAt = e.At });
        if (!StateMachine.HasWorker(from) || StateMachine.HasWorker(to)) return;
        (run.LeaseOwner, run.LeaseUntil) = (null, null);
        if (Attempt(context, run.Id, e.Attempt) is not { } attempt) return;
        attempt.EndedAt = e.At;
        attempt.Outcome = change.To;
        attempt.FailureCode = change.Code;
        attempt.ExitCode = change.ExitCode;
    }

    private static void ApplyAttempt(LabContext context, Run run, RunEvent e)
    {
        var started = e.Read<AttemptStarted>();
        run.Device = started.Device;
        if (Attempt(context, run.Id, e.Attempt) is not { } attempt) return;
        attempt.Pid = started.Pid;
        attempt.DeviceName = started.DeviceName;
        attempt.ResumedFrom = started.ResumedFrom;
        attempt.EnvironmentJson = e.Data.GetRawText();
    }

    private static void ApplyEnd(Run run, IReadOnlyDictionary<string, double> values)
    {
        Summarise(run, values);
        if (run.Kind != RunKind.Evaluate) return;
        run.CleanAccuracy = values.TryGetValue("eval.clean", out var clean) ? clean : null;
        run.RobustAccuracy = values.TryGetValue("eval.worst", out var worst) ? worst : null;
    }

    private static void ApplyEpoch(Run run, RunEvent e, MetricIndex metrics)
    {
        var epoch = e.Read<EpochCompleted>();
        (run.Epoch, run.Epochs, run.Step, run.ImagesPerSecond) = (epoch.Epoch, epoch.Epochs, epoch.Step, epoch.ImagesPerSecond);
        metrics.Add(epoch.Values, epoch.Step, epoch.Epoch, e.At);
        Summarise(run, epoch.Values);
    }

    private static void ApplyProbe(Run run, RunEvent e, MetricIndex metrics)
    {
        var probe = e.Read<ProbeCompleted>();
        metrics.Add(probe.Values, probe.Step, probe.Epoch, e.At);
        Summarise(run, probe.Values);
        run.CleanAccuracy = probe.Values.TryGetValue("probe.clean", out var clean) ? clean : run.CleanAccuracy;
        var attacks = probe.Values.Where(v => v.Key.StartsWith("probe.", StringComparison.Ordinal) && v.Key != "probe.clean").Select(v => v.Value).ToList();
        if (attacks.Count == 0) return;
        run.RobustAccuracy = attacks.Min();
        if (run.RobustAccuracy > (run.BestRobustAccuracy ?? -1))
        {
            run.BestRobustAccuracy = run.RobustAccuracy;
            Summarise(run, new Dictionary<string, double> { ["best.epoch"] = probe.Epoch, ["best.robust"] = attacks.Min() });
        }
    }

    private static void ApplyCheckpoint(LabContext context, Run run, RunEvent e)
    {
        var saved = e.Read<CheckpointSaved>();
        run.LossCount = 0;
        var known = context.Checkpoints.Where(c => c.RunId == run.Id).AsEnumerable()
            .Concat(context.Checkpoints.Local.Where(c => c.RunId == run.Id)).Distinct().ToList();
        foreach (var other in known.Where(c => c.Name != saved.Name))
            other.KeptList = Tags.Write(Tags.Read(other.KeptList).Except(saved.Kept));
        var checkpoint = known.SingleOrDefault(c => c.Name == saved.Name);
        if (checkpoint is null)
            context.Checkpoints.Add(checkpoint = new Checkpoint { Id = $"{run.Id}.{saved.Name}", RunId = run.Id, Name = saved.Name, Sha256 = saved.Sha256, CreatedAt = e.At });
        (checkpoint.Epoch, checkpoint.Step, checkpoint.Bytes, checkpoint.Sha256) = (saved.Epoch, saved.Step, saved.Bytes, saved.Sha256);
        checkpoint.KeptList = Tags.Write(saved.Kept);
        checkpoint.DeletedAt = null;
        (checkpoint.CleanAccuracy, checkpoint.RobustAccuracy) = (run.CleanAccuracy, run.RobustAccuracy);
        if (saved.Kept.Contains("last")) run.LastCheckpointId = checkpoint.Id;
        if (saved.Kept.Contains("best-robust")) run.BestCheckpointId = checkpoint.Id;
    }

    private static void ApplyAttack(LabContext context, Run run, RunEvent e)
    {
        var cell = e.Read<Engine.Jobs.AttackResult>();
        var known = context.AttackResults.Where(r => r.EvaluationId == run.Id).AsEnumerable()
            .Concat(context.AttackResults.Local.Where(r => r.EvaluationId == run.Id)).Distinct().ToList();
        var row = known.SingleOrDefault(r => r.Attack == cell.Attack);
        if (row is null)
            context.AttackResults.Add(row = new Store.Entities.AttackResult { EvaluationId = run.Id, Position = known.Count, Attack = cell.Attack });
        (row.Done, row.Total, row.Accuracy, row.Low, row.High) = (cell.Done, cell.Total, cell.Accuracy, cell.Low, cell.High);
        (row.Seconds, row.ForwardPasses, row.BackwardPasses) = (cell.Seconds, cell.Forward, cell.Backward);
    }

    private static void Summarise(Run run, IReadOnlyDictionary<string, double> values)
    {
        var summary = JsonNode.Parse(run.SummaryJson)!.AsObject();
        foreach (var (key, value) in values) summary[key] = JsonSerializer.SerializeToNode(value, JobJson.Options);
        run.SummaryJson = summary.ToJsonString();
    }

    private static Attempt? Attempt(LabContext context, string runId, int number) => context.Attempts.Find($"{runId}.{number}");
}
