"""What dossiers said of themselves becomes a sign-off of the layer that settles: gold, or the team's."""

from django.db import migrations


def carry_over(apps, schema_editor):
    Dossier, Layer, SignOff, Change = (
        apps.get_model("claims", name) for name in ("Dossier", "Layer", "SignOff", "Change")
    )
    for dossier in Dossier.objects.filter(signed_off_at__isnull=False).select_related("project").order_by("pk"):
        kind = "gold" if dossier.project.kind == "independent" else "team"
        layer = Layer.objects.filter(project=dossier.project, kind=kind, deleted_at=None).first()
        if layer is None:
            layer = Layer.objects.create(project=dossier.project, kind=kind, name=kind.capitalize())
        earlier = Change.objects.filter(dossier=dossier, layer=layer, at__lte=dossier.signed_off_at)
        SignOff.objects.create(
            dossier=dossier,
            layer=layer,
            state="signed",
            created_at=dossier.signed_off_at,
            created_by=dossier.signed_off_by,
            change=earlier.order_by("-pk").first(),
        )


def carry_back(apps, schema_editor):
    Dossier, SignOff = apps.get_model("claims", "Dossier"), apps.get_model("claims", "SignOff")
    newest = {}
    for sign_off in SignOff.objects.filter(deleted_at=None).order_by("created_at", "pk"):
        newest[sign_off.dossier_id] = sign_off
    for pk, sign_off in newest.items():
        if sign_off.state == "signed":
            Dossier.objects.filter(pk=pk).update(
                signed_off_at=sign_off.created_at, signed_off_by=sign_off.created_by_id
            )


class Migration(migrations.Migration):
    dependencies = [
        ("claims", "0005_sign_off_is_outdated"),
    ]

    operations = [migrations.RunPython(carry_over, carry_back)]
