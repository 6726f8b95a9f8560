using System.Reflection;
using Xunit;

namespace Noether.Tests;

/// <summary>What the facade shows to the outside.</summary>
public sealed class SurfaceTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    private static readonly Assembly Facade = typeof(Structure).Assembly;

    [Fact]
    public void Signatures_hold_types_of_the_facade_and_of_the_framework_only()
    {
        Assert.Equal("Noether", Facade.GetName().Name);
        Assert.NotEmpty(Facade.ExportedTypes);

        foreach (Type type in Facade.ExportedTypes)
        {
            Assert.Equal("Noether", type.Namespace);
            Check(type.BaseType, type);
            Array.ForEach(type.GetInterfaces(), face => Check(face, type));

            foreach (MemberInfo member in type.GetMembers(Declared).Where(Visible))
            {
                IEnumerable<Type> seen = member switch
                {
                    FieldInfo field => [field.FieldType],
                    MethodInfo method => [method.ReturnType, .. Parameters(method), .. method.GetGenericArguments()],
                    ConstructorInfo constructor => Parameters(constructor),
                    EventInfo notice => [notice.EventHandlerType!],
                    _ => [],
                };

                foreach (Type part in seen)
                {
                    Check(part, member);
                }

                foreach (CustomAttributeData attribute in member.GetCustomAttributesData())
                {
                    Check(attribute.AttributeType, member);
                }
            }
        }
    }

    private static IEnumerable<Type> Parameters(MethodBase method) =>
        method.GetParameters().Select(parameter => parameter.ParameterType);

    /// <summary>Accessors of properties are methods, so properties need no case of their own.</summary>
    private static bool Visible(MemberInfo member) => member switch
    {
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        EventInfo => true,
        _ => false,
    };

    private static void Check(Type? type, MemberInfo where)
    {
        if (type is null || type.IsGenericParameter)
        {
            return;
        }

        if (type.HasElementType)
        {
            Check(type.GetElementType(), where);
            return;
        }

        string assembly = type.Assembly.GetName().Name!;
        bool good = type.Assembly == Facade || assembly.StartsWith("System", StringComparison.Ordinal);
        Assert.True(good, $"{where.DeclaringType}.{where} shows {type} of {assembly}");
        Array.ForEach(type.GetGenericArguments(), argument => Check(argument, where));
    }
}
