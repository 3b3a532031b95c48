"""A MongoDB Atlas cluster, its user, and the connection string in Secrets Manager."""

from collections.abc import Sequence

from aws_cdk import Fn, SecretValue
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from awscdk_resources_mongodbatlas import (
    AccessListDefinition,
    AdvancedRegionConfig,
    AdvancedRegionConfigProviderName,
    AdvancedReplicationSpec,
    CfnCluster,
    CfnDatabaseUser,
    CfnDatabaseUserPropsAwsiamType,
    CfnProjectIpAccessList,
    RoleDefinition,
    Specs,
)
from constructs import Construct

from infra_cdk.acknowledged import acknowledge
from infra_cdk.parts.removal import removal
from infra_cdk.settings import Atlas as AtlasSettings
from infra_cdk.settings import StageSettings

USER = "wavecom"
ELECTABLE_NODES = 3


class Atlas(Construct):
    """A three-node replica set in the stage's region. ``connection_string`` is the secret that the functions read.

    Atlas's resource types have to be activated in the account (docs/deploy.md). ``allowed`` are the addresses that may
    connect: those of the NAT gateways.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        atlas: AtlasSettings,
        settings: StageSettings,
        key: kms.IKey | None,
        allowed: Sequence[str],
    ) -> None:
        super().__init__(scope, name)
        password = secretsmanager.Secret(
            self,
            "Password",
            description="Password of WaveCom's MongoDB user",
            encryption_key=key,
            removal_policy=removal(settings),
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=40, exclude_punctuation=True),
        )
        cluster = CfnCluster(
            self,
            "Cluster",
            name=atlas.cluster_name,
            project_id=atlas.project_id,
            profile=atlas.profile,
            cluster_type="REPLICASET",
            backup_enabled=True,
            pit_enabled=True,
            termination_protection_enabled=settings.keep_data,
            replication_specs=[_one_region(atlas, settings.region)],
        )
        cluster.apply_removal_policy(removal(settings))
        user = CfnDatabaseUser(
            self,
            "User",
            database_name="admin",
            username=USER,
            password=password.secret_value.unsafe_unwrap(),  # a dynamic reference, which CloudFormation resolves
            project_id=atlas.project_id,
            profile=atlas.profile,
            awsiam_type=CfnDatabaseUserPropsAwsiamType.NONE,
            roles=[RoleDefinition(role_name="readWrite", database_name=settings.mongodb_database)],
        )
        CfnProjectIpAccessList(
            self,
            "AccessList",
            project_id=atlas.project_id,
            profile=atlas.profile,
            access_list=[AccessListDefinition(ip_address=each, comment="WaveCom NAT gateway") for each in allowed],
        )
        host = Fn.select(1, Fn.split("//", cluster.get_att("ConnectionStrings.StandardSrv").to_string()))
        address = Fn.join(
            "",
            [
                f"mongodb+srv://{USER}:",
                password.secret_value.unsafe_unwrap(),
                "@",
                host,
                "/?retryWrites=true&w=majority",
            ],
        )
        self.connection_string = secretsmanager.Secret(
            self,
            "ConnectionString",
            description="MongoDB connection string",
            encryption_key=key,
            removal_policy=removal(settings),
            secret_string_value=SecretValue.unsafe_plain_text(address),
        )
        self.connection_string.node.add_dependency(user)
        acknowledge(self, "Atlas's users have their passwords changed by an operator", "AwsSolutions-SMG4")


def _one_region(atlas: AtlasSettings, region: str) -> AdvancedReplicationSpec:
    return AdvancedReplicationSpec(
        num_shards=1,
        advanced_region_configs=[
            AdvancedRegionConfig(
                provider_name=AdvancedRegionConfigProviderName.AWS,
                region_name=region.replace("-", "_").upper(),
                priority=7,
                electable_specs=Specs(
                    instance_size=atlas.instance_size, node_count=ELECTABLE_NODES, ebs_volume_type="STANDARD"
                ),
            )
        ],
    )
