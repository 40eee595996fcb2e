using System.Linq.Expressions;

namespace WebLab.Api.Store;

/// <summary>Comparisons of a number column in a filter.</summary>
public static class Numbers
{
    public static IQueryable<T> Compare<T>(IQueryable<T> query, Expression<Func<T, double?>> column, FilterTerm term)
    {
        var left = column.Body;
        var right = Expression.Convert(Expression.Constant(term.Number), typeof(double?));
        var body = term.Only("=", "!=", ">", ">=", "<", "<=").Operator switch
        {
            "=" => Expression.Equal(left, right),
            "!=" => Expression.NotEqual(left, right),
            ">" => Expression.GreaterThan(left, right),
            ">=" => Expression.GreaterThanOrEqual(left, right),
            "<" => Expression.LessThan(left, right),
            _ => Expression.LessThanOrEqual(left, right),
        };
        return query.Where(Expression.Lambda<Func<T, bool>>(body, column.Parameters));
    }
}
