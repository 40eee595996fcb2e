namespace WebLab.Api.Evaluations;

public static class EvaluationServices
{
    public static IServiceCollection AddEvaluations(this IServiceCollection services) => services.AddSingleton<Subjects>().AddSingleton<EvaluationService>()
        .AddSingleton<EvaluationReports>().AddSingleton<EvaluationImages>().AddSingleton<TransferMatrix>();
}
