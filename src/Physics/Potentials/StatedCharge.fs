namespace Noether.Physics

open Noether.Domain

/// What structures say of their charge and spin, among the properties of the whole.
[<RequireQualifiedAccess>]
module StatedCharge =
    let private number (structure: Structure) name = Map.tryFind name structure.Info |> Option.bind Property.tryReal

    /// The first property with another number than `plain`.
    let private other plain names structure =
        names
        |> List.tryPick (fun name ->
            match number structure name with
            | Some value when not (plain value) -> Some(name, value)
            | _ -> None)

    let private charges = RequiredProperty.totalCharge.Name :: RequiredProperty.totalCharge.OtherNames

    /// The charge other than 0 that a structure states, e, with the name of the property: `total_charge` or `charge`.
    let ofStructure (structure: Structure) : (string * float) option = other ((=) 0.0) charges structure

    /// The spin that a structure states where it is no closed shell: a `multiplicity` or `spin_multiplicity` other than 1,
    /// a `spin` or `total_spin` that is neither 0 nor 1, as some mean the multiplicity by it.
    let spinOf (structure: Structure) : (string * float) option =
        match other ((=) 1.0) [ "multiplicity"; "spin_multiplicity" ] structure with
        | Some stated -> Some stated
        | None -> other (fun spin -> spin = 0.0 || spin = 1.0) [ "spin"; "total_spin" ] structure

    /// Refuses a charge for a potential of neutral structures. Errors: `Inconsistent`.
    let checkNeutral (potential: string) (structure: Structure) : Result<unit, NoetherError> =
        match ofStructure structure with
        | Some(name, charge) ->
            let found = $"the {name} {Quantity.text charge} e"
            Error(Inconsistent("the structure", found, $"0 e: '{potential}' knows neutral molecules only"))
        | None -> Ok()

    /// What a structure states of charge and spin and a potential, which reads properties by these names, does not read:
    /// sentences without a point at their end. The energy is the same whatever they say.
    let unread (potential: string) (reads: RequiredProperty list) (structure: Structure) : string list =
        let isRead name =
            reads
            |> List.exists (fun required ->
                required.Owner = WholeStructure && List.contains name (required.Name :: required.OtherNames))

        [ ofStructure structure, " e"; spinOf structure, "" ]
        |> List.choose (fun (stated, unit) ->
            match stated with
            | Some(name, value) when not (isRead name) ->
                Some
                    $"the structure has the {name} {Quantity.text value}{unit}, which '{potential}' does not read: \
                      its energy is the same without"
            | _ -> None)
